const text = document.querySelector('[role=status]');

document.querySelector('button').onclick = async () => {
  text.textContent = await pay().catch(() => 'The mimic does not respond.');
};

async function pay() {
  const response = await fetch(location.pathname, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ status: 'paid' }),
  });
  const { error, postback } = await response.json();
  if (!response.ok) return `Not paid: ${error}.`;
  return `The invoice is paid. ${result(postback)}`;
}

function result(postback) {
  if (postback === null) return 'No postback was sent.';
  if (postback.error) return `The postback failed: ${postback.error}.`;
  return `The shop responded with ${postback.status}.`;
}
