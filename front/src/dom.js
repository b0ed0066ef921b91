// @ts-check
/** 造元素的两个小函数。 */

/**
 * @param {string} tag @param {Record<string, string>} attributes @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * @param {string} tag @param {Record<string, string|number>} attributes @param {...(Node|string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @type {Record<string, string>} */
const ICONS = {
  run: 'M7 4.5v15l12-7.5z',
  pause: 'M7 5h4v14H7zM14 5h4v14h-4z',
};

/** @param {string} name */
export function svgIcon(name) {
  return svg('svg', { viewBox: '0 0 24 24', width: 16, height: 16, 'aria-hidden': 'true', class: 'ex-icon' },
    svg('path', { d: ICONS[name], fill: 'currentColor' }));
}

/** 一个按钮：字、说明、按了做什么，前面可以有图标。 @param {string} text @param {string} title @param {() => void} press @param {string} [icon] */
export function button(text, title, press, icon) {
  const node = el('button', { type: 'button', title, class: 'ex-button' }, el('span', {}, text));
  if (icon) node.prepend(svgIcon(icon));
  node.addEventListener('click', press);
  return node;
}
