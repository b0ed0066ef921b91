// @ts-check
/** 判断写成颜色：橙、纸、蓝之间的几档。 */
import { rgb } from '../palette.js';

export const LEVELS = 17;
export const SHADES = 5;
export const DEEPEST = 0.34; // 最有把握的地方，底色走向类的颜色多远

/**
 * 判断的底色：橙、纸、蓝之间 LEVELS 档，每档再有 SHADES 种明暗（立体时背光的一面暗一点）。
 * @param {Record<string, string>} colors
 */
export function tints(colors) {
  const paper = rgb(colors.card);
  const ink = rgb(colors.ink);
  const ends = [rgb(colors.orange), rgb(colors.blue)];
  /** @type {string[][]} */
  const found = [];
  for (let level = 0; level < LEVELS; level += 1) {
    const v = (2 * level) / (LEVELS - 1) - 1;
    const end = ends[v < 0 ? 0 : 1];
    const t = DEEPEST * Math.sqrt(Math.abs(v));
    found.push(Array.from({ length: SHADES }, (_, s) => {
      const dark = 0.05 * s;
      const mixed = paper.map((p, i) => (p + (end[i] - p) * t) * (1 - dark) + ink[i] * dark);
      return `rgb(${mixed.map(Math.round).join(' ')})`;
    }));
  }
  return found;
}

/** −127 … 127 → 第几档。 @param {number} value */
export function level(value) {
  return Math.round(((value / 127 + 1) / 2) * (LEVELS - 1));
}
