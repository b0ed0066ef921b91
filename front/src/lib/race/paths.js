// @ts-check
/** 路线：从压缩的整数还原，从旧的走到新的，跟着起点走。 */
import { ME } from './marks.js';

/** @typedef {{paths: Float32Array, heights: Float32Array}} Paths 八位选手一位接一位，每位 length + 1 个点 */

/** 场景里的整数 → 位置和损失。 @param {any} scene @param {any} heat 七位选手的这一场 @returns {Paths} */
export function unpack(scene, heat) {
  const { length, far } = scene;
  const [cx, cy] = scene.ground.centre;
  const paths = new Float32Array(2 * (ME + 1) * (length + 1));
  const heights = new Float32Array((ME + 1) * (length + 1));
  for (let k = 0; k <= ME; k += 1) {
    const from = k === ME ? scene.same : heat;
    const who = k === ME ? scene.mine : k;
    for (let i = 0; i <= length; i += 1) {
      const [to, of] = [k * (length + 1) + i, who * (length + 1) + i];
      paths[2 * to] = cx + (far / 32767) * from.paths.data[2 * of];
      paths[2 * to + 1] = cy + (far / 32767) * from.paths.data[2 * of + 1];
      heights[to] = from.heights.data[of] / 255;
    }
  }
  return { paths, heights };
}

/** @param {Paths} from @param {Paths} to @param {number} s 0 到 1 @returns {Paths} */
export function between(from, to, s) {
  const mix = (/** @type {Float32Array} */ a, /** @type {Float32Array} */ b) => a.map((v, i) => v + s * (b[i] - v));
  return s === 1 ? to : { paths: mix(from.paths, to.paths), heights: mix(from.heights, to.heights) };
}

/** 梯度是一次函数时，前三位的路线是起点的一次函数：Python 给了矩阵。 @param {Paths} now @param {any} scene @param {number[]} start @returns {Paths} */
export function follow(now, scene, start) {
  const [mx, my] = scene.ground.minima.data;
  const maps = scene.maps.data;
  const [dx, dy] = [start[0] - mx, start[1] - my];
  const paths = now.paths.slice();
  for (let i = 0; i < 3 * (scene.length + 1); i += 1) {
    paths[2 * i] = mx + maps[4 * i] * dx + maps[4 * i + 1] * dy;
    paths[2 * i + 1] = my + maps[4 * i + 2] * dx + maps[4 * i + 3] * dy;
  }
  return { ...now, paths };
}

/** 汉字和拉丁字母之间空一格。 @param {string} text */
export const spaced = (text) => text.replace(/([一-鿿])(?=[A-Za-z])|([A-Za-z])(?=[一-鿿])/g, '$& ');
