// @ts-check
/** Python 还没答的时候，读者把角拖到哪里，粒子、雾和两个熵就先跟到哪里：只有放缩、数数和查表。 */
import { counts, COARSE, FULL } from './boxes.js';

const LN_TEN = 2.302585;

/**
 * 从新的角开始的样子，和场景同样的键。
 * @param {any} scene @param {[number, number]} corner
 */
export function preview(scene, corner) {
  const unit = scene.unit.data;
  const places = Float64Array.from(unit, (/** @type {number} */ v, i) => v * corner[i % 2]);
  const old = scene.clock ? null : scene.places.data;
  const cloud = Float64Array.from(scene.cloud.data, (/** @type {number} */ v, i) => {
    const here = (places[i % 2] * COARSE) / FULL;
    // 还没走的时候，雾跟着蓝粒子挪；走过了，就先收成一点。
    const moved = old ? v + here - (old[i % 2] * COARSE) / FULL : here;
    return Math.max(0, Math.min(COARSE - 1, moved));
  });
  const sides = [2, 4, 8];
  const ways = sides.map((side) => logWays(counts(places, side, FULL), scene.ladder.data));
  const bits = sides.map((side) => missing(counts(cloud, side, COARSE), scene.shares.data));
  const one = (/** @type {number[]} */ values) => ({ data: Float64Array.from(values), shape: [3, 1] });
  return {
    ...scene, places: { data: places }, drift: null, cloud: { data: cloud }, corner,
    clock: 0, age: 0, left: null, way: 1, hair: 'none', turns: [], looks: [0], stride: 1,
    ways: one(ways), bits: one(bits),
    now: { ways, bits, tens: ways.map((v) => Math.round(v / LN_TEN)) },
  };
}

/** ln(n!) 的表 → ln W。 @param {Float64Array} many @param {ArrayLike<number>} ladder */
function logWays(many, ladder) {
  return many.reduce((left, count) => left - ladder[count], ladder[ladder.length - 1]);
}

/** 份额对香农熵的贡献的表 → H。 @param {Float64Array} many @param {ArrayLike<number>} shares */
function missing(many, shares) {
  return many.reduce((total, count) => total + shares[count], 0);
}
