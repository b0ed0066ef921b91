// @ts-check
/** 弯过的格子分成小片，一片一种颜色。 */
import { level } from './tints.js';

/**
 * @callback Each 一小片：四个角的像素坐标（绕一圈）和颜色的档
 * @param {number} ax @param {number} ay @param {number} bx @param {number} by
 * @param {number} ex @param {number} ey @param {number} dx @param {number} dy @param {number} level
 * @returns {void}
 */

/**
 * 第 (r, c) 个大格（2×2 小格）要画成哪些小片：颜色都一样就合成一片，不然按小格画；
 * 被拉得很长的小格里颜色也要匀着变，再细分。
 * @param {ArrayLike<number>} p @param {number} count @param {ArrayLike<number>} values 每个格点的判断
 * @param {number} r @param {number} c @param {Each} each
 */
export function pieces(p, count, values, r, c, each) {
  const node = r * count + c;
  const first = level(values[node]);
  let same = true;
  for (let i = 0; i < 3; i += 1) {
    for (let j = 0; j < 3; j += 1) same &&= level(values[node + i * count + j]) === first;
  }
  const a = 3 * node;
  const [b, d] = [a + 6, a + 6 * count];
  const wide = Math.abs(p[b] - p[a]) + Math.abs(p[b + 1] - p[a + 1]) + Math.abs(p[d] - p[a]) + Math.abs(p[d + 1] - p[a + 1]);
  if (same && wide < 36) {
    const e = d + 6;
    each(p[a], p[a + 1], p[b], p[b + 1], p[e], p[e + 1], p[d], p[d + 1], first);
    return;
  }
  for (let i = 0; i < 2; i += 1) {
    for (let j = 0; j < 2; j += 1) cell(p, count, values, node + i * count + j, each);
  }
}

/** 一个小格，长了就切成几片。 @type {(p: ArrayLike<number>, count: number, values: ArrayLike<number>, node: number, each: Each) => void} */
function cell(p, count, values, node, each) {
  const a = 3 * node;
  const [b, d] = [a + 3, a + 3 * count];
  const e = d + 3;
  const corner = [values[node], values[node + 1], values[node + count + 1], values[node + count]];
  const middle = level((corner[0] + corner[1] + corner[2] + corner[3]) / 4);
  const range = Math.abs(level(corner[0]) - level(corner[2])) + Math.abs(level(corner[1]) - level(corner[3]));
  const across = Math.max(Math.abs(p[b] - p[a]) + Math.abs(p[b + 1] - p[a + 1]), Math.abs(p[e] - p[d]) + Math.abs(p[e + 1] - p[d + 1]));
  const along = Math.max(Math.abs(p[d] - p[a]) + Math.abs(p[d + 1] - p[a + 1]), Math.abs(p[e] - p[b]) + Math.abs(p[e + 1] - p[b + 1]));
  const n = range > 1 ? Math.min(10, Math.ceil(across / 7)) : 1;
  const m = range > 1 ? Math.min(10, Math.ceil(along / 7)) : 1;
  if (n < 2 && m < 2) {
    each(p[a], p[a + 1], p[b], p[b + 1], p[e], p[e + 1], p[d], p[d + 1], middle);
    return;
  }
  const mix = (/** @type {number} */ u, /** @type {number} */ v, /** @type {number} */ k) =>
    (1 - v) * ((1 - u) * p[a + k] + u * p[b + k]) + v * ((1 - u) * p[d + k] + u * p[e + k]);
  for (let i = 0; i < m; i += 1) {
    for (let j = 0; j < n; j += 1) {
      const [u, w, v, x] = [j / n, (j + 1) / n, i / m, (i + 1) / m];
      const [cu, cv] = [(j + 0.5) / n, (i + 0.5) / m];
      const value = (1 - cv) * ((1 - cu) * corner[0] + cu * corner[1]) + cv * ((1 - cu) * corner[3] + cu * corner[2]);
      each(mix(u, v, 0), mix(u, v, 1), mix(w, v, 0), mix(w, v, 1), mix(w, x, 0), mix(w, x, 1), mix(u, x, 0), mix(u, x, 1), level(value));
    }
  }
}
