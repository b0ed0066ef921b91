// @ts-check
/** 八位选手各有颜色和形状：不靠颜色也分得清。颜色在 race.css 里（.rc-0 … .rc-7）。 */
import { svg } from '../axes.js';

const SHAPES = ['circle', 'square', 'diamond', 'up', 'down', 'plus', 'cross', 'star'];
/** 五角星的十个角：外圈半径 1，内圈 0.45。 */
const STAR = [
  0, -1, 0.264, -0.364, 0.951, -0.309, 0.428, 0.139, 0.588, 0.809,
  0, 0.45, -0.588, 0.809, -0.428, 0.139, -0.951, -0.309, -0.264, -0.364,
];
export const ME = 7; // 最后一位是读者自己

/** 形状的路径，中心在原点。 @param {number} k @param {number} r */
export function shape(k, r) {
  const s = 0.86 * r;
  const t = 0.36 * r;
  switch (SHAPES[k]) {
    case 'square': return `M${-s} ${-s}H${s}V${s}H${-s}Z`;
    case 'diamond': return `M0 ${-1.2 * r}L${1.2 * r} 0L0 ${1.2 * r}L${-1.2 * r} 0Z`;
    case 'up': return `M0 ${-1.15 * r}L${1.1 * r} ${0.8 * r}H${-1.1 * r}Z`;
    case 'down': return `M0 ${1.15 * r}L${1.1 * r} ${-0.8 * r}H${-1.1 * r}Z`;
    case 'plus': return `M${-t} ${-r}H${t}V${-t}H${r}V${t}H${t}V${r}H${-t}V${t}H${-r}V${-t}H${-t}Z`;
    case 'cross': return `M0 ${-t}L${s - t} ${-s}L${s} ${t - s}L${t} 0L${s} ${s - t}L${s - t} ${s}L0 ${t}L${t - s} ${s}L${-s} ${s - t}L${-t} 0L${-s} ${t - s}L${t - s} ${-s}Z`;
    case 'star': return `M${STAR.map((v) => (1.35 * r * v).toFixed(2)).join(' ')}Z`;
    default: return `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  }
}

/** 一个记号。 @param {Element | null} parent @param {number} k @param {number} [r] */
export function mark(parent, k, r = 5.5) {
  return svg('path', { class: `rc-mark rc-${k}`, d: shape(k, r) }, parent);
}

/** 一个单独的小图标：图里的那种线，加上记号。 @param {number} k */
export function icon(k) {
  const box = svg('svg', { viewBox: '-19 -9 38 18', width: 38, height: 18, 'aria-hidden': 'true', class: 'rc-icon' });
  svg('path', { class: `rc-line rc-${k}`, d: 'M-18 0H18' }, box);
  mark(box, k, 5.5);
  return box;
}
