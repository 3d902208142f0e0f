const SVG = 'http://www.w3.org/2000/svg';
const ICONS = {
  chat: 'M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z',
  close: 'M5 5l14 14M19 5L5 19',
  up: 'M7 21H3V10h4zm0-11 5-8c2 0 2.500 1.500 2 3l-1 4h6a2 2 0 0 1 2 2.500l-1.800 8A2 2 0 0 1 17.500 21H7',
  down: 'M7 3H3v11h4zm0 11 5 8c2 0 2.500-1.500 2-3l-1-4h6a2 2 0 0 0 2-2.500l-1.800-8A2 2 0 0 0 17.500 3H7',
  copy: 'M8 8h12v13H8zM16 8V3H4v13h4',
};

// A node. Functions are listeners (`onclick`); false and null, as attribute or child, are left out.
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return node;
}

function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

const button = (label, className, onclick, attributes = {}) =>
  h('button', { type: 'button', class: className, onclick, ...attributes }, label);

const hiddenText = (text) => h('span', { class: 'sr-only' }, text);

let lastId = 0;
const nextId = (name) => `${name}-${(lastId += 1)}`;

// Only addresses that can do nothing but lead somewhere.
function safeUrl(text, protocols = ['https:', 'http:', 'mailto:', 'tel:']) {
  try {
    const url = new URL(text, location.href);
    return protocols.includes(url.protocol) ? url.href : null;
  } catch (error) {
    return null;
  }
}

function link(href, ...children) {
  if (!/^https?:/.test(href)) return h('a', { href }, ...children);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...children, hiddenText(SAY.newTab));
}

// A button that shows and hides what follows it. Labels: [closed, open].
function disclosure(labels, className, body) {
  body.id = body.id || nextId('body');
  body.hidden = true;
  const toggle = button(labels[0], className, () => {
    body.hidden = !body.hidden;
    toggle.setAttribute('aria-expanded', String(!body.hidden));
    if (labels[1]) toggle.textContent = labels[body.hidden ? 0 : 1];
  }, { 'aria-expanded': 'false', 'aria-controls': body.id });
  return toggle;
}
