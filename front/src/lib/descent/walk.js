// @ts-check
/** 一步一步往下走：乘一次、减一次。坡度从 Python 给的表里查，抛物线的坡度是一次函数。 */
import { lookup } from '../table.js';

/**
 * @typedef {{low: number, high: number, start: number, goal: number, top: number, formula: string, label: string,
 *   height: (x: number) => number, slope: (x: number) => number}} Curve
 * @typedef {{x: number[], slope: number[], move: number[]}} Walk
 */

/** Python 给的一条谷 → 能查的函数。 @param {any} data @returns {Curve} */
export function curveOf(data) {
  const { curvature, goal } = data;
  return {
    ...data,
    height: lookup(data.height),
    slope: curvature ? (x) => curvature * (x - goal) : lookup(data.slope),
  };
}

/**
 * 从 start 走 steps 步；走出画面就停（那一步算在内）。
 * @param {Curve} curve @param {number} start @param {number} rate @param {number} momentum @param {number} steps
 * @returns {Walk}
 */
export function descend(curve, start, rate, momentum, steps) {
  let x = clamp(start, curve.low, curve.high);
  let move = 0;
  /** @type {Walk} */
  const walk = { x: [x], slope: [], move: [] };
  for (let k = 0; k < steps && x >= curve.low && x <= curve.high; k += 1) {
    const slope = curve.slope(x);
    move = momentum * move - rate * slope;
    x += move;
    walk.slope.push(slope);
    walk.move.push(move);
    walk.x.push(x);
  }
  walk.slope.push(curve.slope(clamp(x, curve.low, curve.high)));
  return walk;
}

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}

/** 第几步第一次到了谷底；没有就是 −1。 @param {Walk} walk @param {number} goal @param {number} near */
export function arrival(walk, goal, near) {
  return walk.x.findIndex((x) => Math.abs(x - goal) <= near);
}

/**
 * 到了，并且不会再走了：没有动量，到了就停；有动量，还要等它晃完。
 * @param {Walk} walk @param {Curve} curve @param {number} momentum @param {{near: number, flat: number}} limits
 */
export function settled({ x, move }, { goal }, momentum, { near, flat }) {
  const n = x.length - 1;
  if (arrival({ x, slope: [], move }, goal, near) < 0) return false;
  return momentum === 0 || (n > 0 && Math.abs(x[n] - goal) <= near && Math.abs(move[n - 1]) < flat);
}

/**
 * 走到最后成了什么样：there、away、swing、stuck、walking（见 mlcore.explorables.descent.fate）。
 * @param {Walk} walk @param {Curve} curve @param {number} momentum @param {{near: number, flat: number, astray: number}} limits
 */
export function fate(walk, curve, momentum, { near, flat, astray }) {
  const { x, move, slope } = walk;
  const n = x.length - 1;
  if (arrival(walk, curve.goal, near) >= 0) return 'there';
  if (x[n] < curve.low || x[n] > curve.high) return 'away';
  if (momentum === 0 && n > 1 && Math.abs(x[n] - x[n - 2]) < 1e-6 && Math.abs(x[n] - x[n - 1]) > near) return 'swing';
  if (n > 0 && Math.abs(x[n] - curve.goal) > astray && Math.abs(move[n - 1]) < flat && Math.abs(slope[n]) < flat) return 'stuck';
  return 'walking';
}
