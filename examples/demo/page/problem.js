import { $ } from './dom.js';

/** Shows why something did not work; nothing takes the last problem away. */
export function problem(text) {
  $('problem').textContent = text || '';
  $('problem').hidden = !text;
}
