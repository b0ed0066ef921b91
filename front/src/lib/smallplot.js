// @ts-check
/** 图下面的小图：几条横格线、两头的数字，坐标都在 0 到 1。 */
import { svg } from './axes.js';

const MARGIN = { left: 54, right: 12, top: 12, bottom: 30 };

/** 一张有轴的小图。 @param {string} label @param {string} name 横轴的名字 */
export function sheet(label, name) {
  const area = /** @type {SVGSVGElement} */ (svg('svg', { class: 'small-plot', role: 'group', 'aria-label': label }));
  const grid = svg('path', { class: 'small-grid' }, area);
  const texts = svg('g', { class: 'axes-text' }, area);
  const lines = svg('g', {}, area);
  const frame = { width: 320, height: 180, x: (/** @type {number} */ _u) => 0, y: (/** @type {number} */ _v) => 0, at: (/** @type {number} */ _p) => 0 };

  /** @param {number} width @param {number} height @param {[number, string][]} across @param {[number, string][]} up 刻度在 0 到 1 的哪里、写什么 */
  function update(width, height, across, up) {
    const [w, h] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
    Object.assign(frame, {
      width, height,
      x: (/** @type {number} */ u) => MARGIN.left + u * w,
      y: (/** @type {number} */ v) => MARGIN.top + (1 - v) * h,
      at: (/** @type {number} */ p) => (p - MARGIN.left) / w,
    });
    area.setAttribute('width', String(width));
    area.setAttribute('height', String(height));
    texts.replaceChildren();
    let path = '';
    for (const [v, text] of up) {
      const y = frame.y(v);
      path += `M${MARGIN.left} ${y.toFixed(1)}H${width - MARGIN.right}`;
      svg('text', { x: MARGIN.left - 8, y: y + 4, 'text-anchor': 'end' }, texts).textContent = text;
    }
    for (const [u, text] of across) {
      svg('text', { x: frame.x(u), y: height - 12, 'text-anchor': 'middle' }, texts).textContent = text;
    }
    svg('text', { x: width - MARGIN.right, y: height - 12, 'text-anchor': 'end' }, texts).textContent = name;
    grid.setAttribute('d', path);
  }
  return { area, lines, frame, update };
}

/** 10 的整数次方写成小数。 @param {number} power */
export function ten(power) {
  return power >= 0 ? `1${'0'.repeat(power)}` : `0.${'0'.repeat(-power - 1)}1`;
}
