// The states of a postback: color, sign and word.

export const VERDICTS = {
  verified: ['good', '✓', 'Verified'],
  refused: ['bad', '✕', 'Refused'],
  unchecked: ['warn', '?', 'Not checked'],
};

/** How forwarding went, apart from the verdict; null if there is no server to forward to. */
export function forwarded({ not_forwarded: failure, pending, status }, about) {
  if (failure !== null) return ['bad', '✕', 'Not forwarded'];
  if (pending) return ['quiet', '…', 'Forwarding'];
  if (about.forward === null) return null;
  return status < 300 ? ['good', '→', `Your server: ${status}`] : ['warn', '!', `Your server: ${status}`];
}
