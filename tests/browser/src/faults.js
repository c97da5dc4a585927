// What a page needs to work on a phone, by keyboard and with a screen reader.
const faults = [];
const all = (selector) => [...document.querySelectorAll(selector)];
const shown = (element) => element.checkVisibility({ visibilityProperty: true });
const say = (element, what) => {
  const text = (element.textContent || '').trim().slice(0, 40);
  faults.push(`${element.tagName.toLowerCase()}#${element.id} ${JSON.stringify(text)}: ${what}`);
};

// Width
// On a phone `innerWidth` grows with a page that is too wide.
const { clientWidth, scrollWidth } = document.documentElement;
if (scrollWidth > clientWidth) {
  faults.push(`the page is ${scrollWidth} pixels wide in a window of ${clientWidth}`);
}

// The document
if (!document.documentElement.lang) faults.push('html has no lang');
if (!document.title) faults.push('the document has no title');
if (all('main').length !== 1) faults.push('the document does not have exactly one main');
if (all('h1').filter(shown).length !== 1) faults.push('the document does not have exactly one h1');
let level = 0;
for (const heading of all('h1, h2, h3, h4, h5, h6').filter(shown)) {
  const next = Number(heading.tagName[1]);
  if (next > level + 1) say(heading, `follows a heading of level ${level}`);
  if (!heading.textContent.trim()) say(heading, 'is empty');
  level = next;
}
const ids = all('[id]').map((element) => element.id);
for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) {
  faults.push(`the id ${JSON.stringify(id)} is used twice`);
}

// Names
const label = (element) => {
  const by = (element.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean);
  return (
    element.getAttribute('aria-label') ||
    by.map((id) => document.getElementById(id)?.textContent || '').join(' ') ||
    [...(element.labels || [])].map((one) => one.textContent).join(' ')
  ).trim();
};
for (const field of all('input:not([type=hidden]), select, textarea').filter(shown)) {
  if (!label(field)) say(field, 'has no label');
}
for (const button of all('button, a[href], summary, [role=button]').filter(shown)) {
  if (!label(button) && !button.textContent.trim()) say(button, 'has no name');
}
for (const image of all('img, svg:not([aria-hidden=true])')) {
  if (!image.getAttribute('alt') && !label(image)) say(image, 'has no alternative text');
}
for (const table of all('table').filter(shown)) {
  if (!table.caption && !label(table)) say(table, 'has no caption');
  if (!table.querySelector('th')) say(table, 'has no header cells');
}
for (const element of all('[aria-labelledby], [aria-describedby], [aria-controls]')) {
  for (const name of ['aria-labelledby', 'aria-describedby', 'aria-controls']) {
    for (const id of (element.getAttribute(name) || '').split(/\s+/).filter(Boolean)) {
      if (!document.getElementById(id)) say(element, `${name} refers to ${id}, which does not exist`);
    }
  }
}
if (!all('[aria-live], [role=status], [role=alert], [role=log]').length) {
  faults.push('no live region tells a screen reader what changes');
}

// Contrast by WCAG AA: 4.5, and 3 for large text
const parts = (color) => {
  const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
  // `color-mix` yields `color(srgb …)`, with parts up to 1.
  const scale = color.startsWith('color(') ? 255 : 1;
  return { rgb: [red, green, blue].map((part) => part * scale), alpha };
};
const over = (front, back) =>
  front.rgb.map((value, index) => value * front.alpha + back[index] * (1 - front.alpha));
const luminance = (rgb) => {
  const [red, green, blue] = rgb
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const background = (element) => {
  if (!element) return [255, 255, 255];
  const own = parts(getComputedStyle(element).backgroundColor);
  return own.alpha === 1 ? own.rgb : over(own, background(element.parentElement));
};
for (const element of all('body *').filter(shown)) {
  const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!text || element.closest(':disabled')) continue;
  const style = getComputedStyle(element);
  const back = background(element);
  const front = luminance(over(parts(style.color), back));
  const [low, high] = [front, luminance(back)].sort((a, b) => a - b);
  const ratio = (high + 0.05) / (low + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (large ? 3 : 4.5)) say(element, `contrast is ${ratio.toFixed(2)}`);
}
return faults;
