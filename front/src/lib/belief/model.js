// @ts-check
/** 读者一画先验，信念当场跟着变：先验乘以似然再归一，似然的指数查 Python 烘焙的表。 */
import { lookup } from '../table.js';

const STEP = 0.025;

/** 机会是第几格。 @param {number} theta @param {number} count */
export const cell = (theta, count) => Math.max(0, Math.min(count - 1, Math.round(theta / STEP) - 1));

/**
 * 信念的曲线，最高的地方是 1；还有它的平均和宽窄。
 * @param {any} scene @param {ArrayLike<number>} prior @param {number} heads @param {number} tails
 */
export function believe(scene, prior, heads, tails) {
  const exp = lookup(scene.exp);
  const count = prior.length;
  const log = Array.from({ length: count }, (_, i) => heads * scene.log_head.data[i] + tails * scene.log_tail.data[i]);
  let most = -Infinity;
  for (let i = 0; i < count; i += 1) if (prior[i] > 0) most = Math.max(most, log[i]);
  const weight = log.map((v, i) => (prior[i] > 0 ? prior[i] * Math.max(0, exp(v - most)) : 0));
  return summary(scene, weight);
}

/** @param {any} scene @param {number[]} weight */
function summary(scene, weight) {
  const top = Math.max(...weight);
  const theta = scene.theta.data;
  let [sum, first, second] = [0, 0, 0];
  weight.forEach((w, i) => {
    sum += w;
    first += w * theta[i];
  });
  const mean = first / sum;
  weight.forEach((w, i) => { second += w * (theta[i] - mean) * (theta[i] - mean); });
  return { curve: weight.map((w) => w / top), mean, spread: Math.sqrt(second / sum) };
}

/**
 * 对数优势走过的路；读者的先验在两种硬币上有一个是 0，就没有路。
 * @param {any} scene @param {ArrayLike<number>} prior @param {ArrayLike<number>} flips @param {[number, number]} pair
 */
export function walked(scene, prior, flips, [low, high]) {
  if (!(prior[low] > 0 && prior[high] > 0)) return null;
  const height = (/** @type {number} */ i) => scene.log_height.data[Math.max(1, Math.round(100 * prior[i]))];
  const [head, tail] = strides(scene, [low, high]);
  const path = [height(high) - height(low)];
  for (let k = 0; k < flips.length; k += 1) path.push(path[k] + (flips[k] ? head : tail));
  return path;
}

/** 一个正面、一个反面各走多远。 @param {any} scene @param {[number, number]} pair */
export function strides(scene, [low, high]) {
  const { log_head: { data: head }, log_tail: { data: tail } } = scene;
  return [head[high] - head[low], tail[high] - tail[low]];
}
