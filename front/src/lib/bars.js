// @ts-check
/** 机会是宽、意外是高的一排柱子：下面一排能拖的边界，上面一条平均的水平线。 */
import { handle } from './drag.js';
import { number, svg } from './axes.js';

export const PAD = { left: 36, right: 12, top: 26, bottom: 74 };

/**
 * 边界 k 拖到 x 之后的机会。结果不多时，别的边界不动，挡在路上的被推着走；多了就拖第一条，
 * 其余的照比例分。
 * @param {number[]} p @param {number} k @param {number} x @param {boolean} tied
 */
export function shifted(p, k, x, tied) {
  const to = Math.max(0, Math.min(1, x));
  if (!tied) {
    const at = edges(p);
    at[at.length - 1] = 1;
    for (let j = 1; j < at.length - 1; j += 1) {
      if (j <= k) at[j] = Math.min(at[j], to);
      else at[j] = j === k + 1 ? to : Math.max(at[j], to);
    }
    return p.map((_, i) => (at[i + 1] - at[i] < 1e-9 ? 0 : at[i + 1] - at[i]));
  }
  const next = [...p];
  const rest = 1 - p[0];
  next[0] = to;
  for (let i = 1; i < p.length; i += 1) {
    next[i] = (1 - next[0]) * (rest > 1e-9 ? p[i] / rest : 1 / (p.length - 1));
  }
  return next;
}

/** 每条边界在哪里。 @param {number[]} p */
export function edges(p) {
  const at = [0];
  for (const share of p) at.push(at[at.length - 1] + share);
  return at;
}

/** 机会写成 1/4、63/64 这样；写不成就写小数，太小的留两位有效数字。 @param {number} p */
export function chance(p) {
  for (let whole = 1; whole <= 64; whole *= 2) {
    const part = p * whole;
    if (Math.abs(part - Math.round(part)) < 1e-6) return whole === 1 ? String(Math.round(part)) : `${Math.round(part)}/${whole}`;
  }
  return p < 0.0995 ? String(Number(p.toPrecision(2))) : String(Number(p.toFixed(3)));
}

/**
 * 一排边界的手柄。
 * @param {SVGSVGElement | SVGElement} area
 * @param {{count: number, y: () => number, x: (p: number) => number, at: (px: number) => number, step: number,
 *   name: (k: number) => string, text: (k: number) => string, onMove: (k: number, x: number) => void,
 *   onStart?: () => void, onEnd?: () => void}} options
 */
export function borders(area, options) {
  return Array.from({ length: options.count }, (_, k) => handle(area, {
    label: options.name(k), x: 0, y: 0, axis: 'x', step: options.step, rangeX: [0, 1],
    toPixel: (x) => [options.x(x), options.y()],
    fromPixel: (px) => [options.at(px), 0],
    valueText: () => options.text(k),
    onMove: (x) => options.onMove(k, x),
    onStart: options.onStart,
    onEnd: options.onEnd,
  }));
}

/**
 * 竖轴的格线和刻度。
 * @param {SVGElement} grid @param {SVGElement} texts @param {{width: number, y: (v: number) => number, most: number,
 *   step: number, name: string, scale?: number}} options
 */
export function scaleLines(grid, texts, { width, y, most, step, name, scale = 1 }) {
  let path = '';
  texts.replaceChildren();
  for (let v = 0; v * scale <= most * scale + 1e-9; v += step) {
    path += `M${PAD.left} ${y(v).toFixed(1)}H${width - PAD.right}`;
    svg('text', { x: PAD.left - 7, y: y(v) + 4, 'text-anchor': 'end' }, texts).textContent = number(v * scale);
  }
  svg('text', { x: 4, y: 12 }, texts).textContent = name;
  grid.setAttribute('d', path);
}
