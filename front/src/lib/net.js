// @ts-check
/**
 * 点和格子怎样走过一个网络。一层是三段路：乘矩阵、加偏置、弯。
 * 仿射变换、矩阵的路、激活函数的表都由 Python 给；这里只做乘、加、插值和查表。
 */
import { lookup } from './table.js';

/** @typedef {{data: ArrayLike<number>, shape: number[]}} Nd */
/**
 * @typedef {object} NetScene
 * @property {number[]} sizes @property {string} activation @property {string} activation_name
 * @property {any} table @property {number} reach
 * @property {{weight: Nd, bias: Nd, path: Nd}[]} layers @property {Nd[]} projections
 * @property {{normal: Nd, offset: number}} final @property {{normal: Nd, offset: number}} separator
 */
/** out[i] = matrix · points[i] (+ bias)，点按行排。 */
function affine(/** @type {ArrayLike<number>} */ points, /** @type {number} */ n, /** @type {number} */ from,
  /** @type {ArrayLike<number>} */ matrix, /** @type {number} */ to, /** @type {ArrayLike<number> | null} */ bias) {
  const out = new Float64Array(n * to);
  for (let i = 0; i < n; i += 1) {
    for (let r = 0; r < to; r += 1) {
      let sum = bias ? bias[r] : 0;
      for (let c = 0; c < from; c += 1) sum += matrix[r * from + c] * points[i * from + c];
      out[i * to + r] = sum;
    }
  }
  return out;
}

/**
 * 一批点走完全程：``x[k]`` 是在第 k 个空间里的坐标，``score`` 是最后的判断，大于 0 是蓝。
 * 路上画在哪里，看到哪一层才算哪一层：训练时一秒几十个网络，多半只看其中一处。
 */
export class Trace {
  /** @param {Net} net @param {ArrayLike<number>} points x, y, x, y … */
  constructor(net, points) {
    this.net = net;
    this.n = points.length / 2;
    this.x = [Float64Array.from(points)];
    /** @type {Float64Array[]} 第 k 层加了偏置、还没有弯 */
    this.shifted = [];
    /** @type {Map<number, Float64Array>} */
    this.seen = new Map();
    const { layers, final } = net.scene;
    layers.forEach(({ weight, bias }, k) => {
      const shifted = affine(this.x[k], this.n, net.widths[k], weight.data, net.widths[k + 1], bias.data);
      this.shifted.push(shifted);
      this.x.push(bent(shifted, net.bend));
    });
    this.score = affine(this.x[net.depth], this.n, net.widths[net.depth], final.normal.data, 1, [final.offset]);
  }

  /** 起点画在哪里，三个数一个点。 */
  get start() {
    return this.shown(-1, 0, () => this.x[0]);
  }

  /** 第 ``layer`` 层的第 ``part`` 段路（乘矩阵、加偏置、弯）走完时画在哪里。 @param {number} layer @param {number} part */
  after(layer, part) {
    return this.shown(layer, part, () => {
      if (part === 2) return this.x[layer + 1];
      if (part === 1) return this.shifted[layer];
      const { weight } = this.net.scene.layers[layer];
      return affine(this.x[layer], this.n, this.net.widths[layer], weight.data, this.net.widths[layer + 1], null);
    });
  }

  /** @param {number} layer @param {number} part @param {() => Float64Array} of */
  shown(layer, part, of) {
    const key = 3 * layer + part;
    let found = this.seen.get(key);
    if (!found) {
      found = affine(of(), this.n, this.net.widths[layer + 1], this.net.scene.projections[layer + 1].data, 3, null);
      this.seen.set(key, found);
    }
    return found;
  }
}

/** 每个数过一遍激活函数。 @param {Float64Array} values @param {(x: number) => number} bend */
function bent(values, bend) {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i += 1) out[i] = bend(values[i]);
  return out;
}

/** 第 s（0 到 1）处是哪一层、哪一段、走了多少。 @param {number} s @param {number} layers */
export function station(s, layers) {
  const along = Math.max(0, Math.min(1, s)) * layers * 3;
  const stage = Math.min(layers * 3 - 1, Math.floor(along));
  return { layer: Math.floor(stage / 3), part: stage % 3, t: along - stage };
}

export class Net {
  /** @param {NetScene} scene */
  constructor(scene) {
    this.scene = scene;
    this.depth = scene.layers.length;
    /** 每个空间的维数。 */
    this.widths = scene.sizes.slice(0, -1);
    this.bend = lookup(scene.table);
  }

  /** 让一批平面上的点走完全程。 @param {ArrayLike<number>} points x, y, x, y … */
  trace(points) {
    return new Trace(this, points);
  }

  /** 只要最后的判断，不留路上的样子。 @param {ArrayLike<number>} points */
  judge(points) {
    const n = points.length / 2;
    const { layers, final } = this.scene;
    let x = points;
    layers.forEach(({ weight, bias }, k) => {
      x = bent(affine(x, n, this.widths[k], weight.data, this.widths[k + 1], bias.data), this.bend);
    });
    return affine(x, n, this.widths[this.depth], final.normal.data, 1, [final.offset]);
  }

  /**
   * 这批点在第 s 处画在哪里：三个数一个点。
   * @param {Trace} trace @param {number} s @param {Float64Array} [into] @returns {Float64Array}
   */
  place(trace, s, into) {
    const { n } = trace;
    const out = into && into.length === 3 * n ? into : new Float64Array(3 * n);
    const { layer, part, t } = station(s, this.depth);
    if (part === 0) {
      const from = this.widths[layer];
      const path = this.scene.layers[layer].path;
      const size = 3 * from;
      const along = t * (path.shape[0] - 1);
      const at = Math.min(path.shape[0] - 2, Math.floor(along));
      const f = along - at;
      const matrix = new Float64Array(size);
      for (let i = 0; i < size; i += 1) {
        matrix[i] = (1 - f) * path.data[at * size + i] + f * path.data[(at + 1) * size + i];
      }
      const moved = affine(trace.x[layer], n, from, matrix, 3, null);
      out.set(moved);
      return out;
    }
    const a = trace.after(layer, part - 1);
    const b = trace.after(layer, part);
    for (let i = 0; i < 3 * n; i += 1) out[i] = (1 - t) * a[i] + t * b[i];
    return out;
  }

  /** 在第 s 处看到的是几维：0 是平的，1 是立体的，换维数时平滑地过去。 @param {number} s */
  tilt(s) {
    const { layer, part, t } = station(s, this.depth);
    const before = this.widths[layer] > 2 ? 1 : 0;
    const after = this.widths[layer + 1] > 2 ? 1 : 0;
    if (part > 0) return after;
    return before + (after - before) * t * t * (3 - 2 * t);
  }

  /**
   * 在第 s 处该看着哪里、看多远，才看得见这批点（和 ±1 的方框）。
   * 平着看时总看着原点，平移才看得出是平移；立体时看着点的中央。
   * @param {Trace} trace @param {number} s @returns {{reach: number, centre: number[]}}
   */
  sight(trace, s) {
    const { layer, part, t } = station(s, this.depth);
    const far = (/** @type {Float64Array} */ positions, /** @type {boolean} */ solid) => {
      const low = [-1, -1, -1];
      const high = [1, 1, 1];
      for (let i = 0; i < positions.length; i += 1) {
        low[i % 3] = Math.min(low[i % 3], positions[i]);
        high[i % 3] = Math.max(high[i % 3], positions[i]);
      }
      const centre = low.map((v, q) => (solid ? (v + high[q]) / 2 : 0));
      const most = Math.max(...centre.map((v, q) => Math.max(high[q] - v, v - low[q])));
      return { reach: 1.2 * Math.min(most, 40), centre };
    };
    const stop = (/** @type {number} */ k) => {
      if (k) return trace.after(layer, k - 1);
      return layer ? trace.after(layer - 1, 2) : trace.start;
    };
    const solid = (/** @type {number} */ k) => this.widths[k ? layer + 1 : layer] > 2;
    const a = far(stop(part), solid(part));
    const b = far(stop(part + 1), solid(part + 1));
    return { reach: (1 - t) * a.reach + t * b.reach, centre: a.centre.map((v, q) => (1 - t) * v + t * b.centre[q]) };
  }
}

/**
 * 一幅场景里的数据点在第 s 处画在哪里（n × 3）。测试拿它和 mlcore 的前向计算比。
 * @param {{net: NetScene, points: Nd}} scene @param {number} s @returns {Float64Array}
 */
export function journeyPositions(scene, s) {
  const net = new Net(scene.net);
  return net.place(net.trace(scene.points.data), s);
}

/**
 * 方格上的函数在哪里过零：一段一段的线（x1, y1, x2, y2 …），行进方格法。
 * @param {ArrayLike<number>} values count × count，一行一行从下往上 @param {number} count @param {number} reach
 * @returns {number[]}
 */
export function zeroLine(values, count, reach) {
  const step = (2 * reach) / (count - 1);
  /** @type {number[]} */
  const found = [];
  for (let r = 0; r + 1 < count; r += 1) {
    for (let c = 0; c + 1 < count; c += 1) {
      const first = r * count + c;
      const blue = values[first] > 0;
      if (values[first + 1] > 0 === blue && values[first + count] > 0 === blue && values[first + count + 1] > 0 === blue) continue;
      const corner = [first, first + 1, first + count + 1, first + count];
      const v = corner.map((i) => values[i]);
      /** @type {number[]} */
      const cuts = [];
      for (let e = 0; e < 4; e += 1) {
        const a = v[e];
        const b = v[(e + 1) % 4];
        if (a > 0 === b > 0) continue;
        const f = a / (a - b);
        const x = c + [f, 1, 1 - f, 0][e];
        const y = r + [0, f, 1, 1 - f][e];
        cuts.push(-reach + x * step, -reach + y * step);
      }
      if (cuts.length >= 4) found.push(...cuts.slice(0, 4));
      if (cuts.length === 8) found.push(...cuts.slice(4));
    }
  }
  return found;
}

/** @type {Map<string, Float64Array>} */
const meshes = new Map();

/** 纸上的格点：count × count，一行一行从下往上；算过的留着。 @param {number} count @param {number} reach */
export function mesh(count, reach) {
  const key = `${count} ${reach}`;
  const known = meshes.get(key);
  if (known) return known;
  const points = new Float64Array(2 * count * count);
  for (let r = 0; r < count; r += 1) {
    for (let c = 0; c < count; c += 1) {
      points[2 * (r * count + c)] = -reach + (2 * reach * c) / (count - 1);
      points[2 * (r * count + c) + 1] = -reach + (2 * reach * r) / (count - 1);
    }
  }
  if (meshes.size > 8) meshes.clear();
  meshes.set(key, points);
  return points;
}
