// @ts-check
/**
 * 「亲手弯一张橡皮膜」的状态和它的算术：膜怎样变、点在界线的哪一边。只有给定的矩阵、平移和
 * Python 烘焙的表；同样的事 mlcore.explorables.hand 里算了一遍，两边的个数相同。
 */
import { lookup } from '../table.js';

const [LEAST, MOST] = [0.25, 3]; // 缩放的滑杆能到的范围
const SLIGHT = 1e-3;
const ON_THE_LINE = 1e-9; // 和 mlcore.explorables.hand 里的同名常数一样

/** @typedef {[number, number]} Pair */

/**
 * 会连续变化的全部数字。
 * @typedef {object} Pose
 * @property {number[]} matrix 按行排的四个数 @property {Pair} offset
 * @property {Pair} start @property {Pair} end 直线的两端
 * @property {number} scale @property {number} turn @property {number} bend
 * @property {number} lift @property {number} height
 */

/** 一下子换的那些。 @typedef {{powers: boolean, activation: string, cut: string, bet: string}} Picks */

/** 错了几个；which 依次是错的橙、错的蓝、对的橙、对的蓝的序号。 @typedef {{wrong: number, side: number, which: number[][]}} Score */

/**
 * 画一幅要的全部：data 是场景里的点和由表做成的函数。
 * @typedef {{pose: Pose, picks: Picks, data: any, score: Score, azimuth: number}} State
 */

// —— 和控件的值来回换 ——

/** @param {any} values @returns {Pose} */
export function poseOf(values) {
  return {
    matrix: values.matrix.flat(),
    offset: [values.offset[0], values.offset[1]],
    start: [values.line_start[0], values.line_start[1]],
    end: [values.line_end[0], values.line_end[1]],
    scale: values.scale,
    turn: values.turn,
    bend: values.bend,
    lift: values.lift,
    height: values.height,
  };
}

/** @param {any} values @returns {Picks} */
export function picksOf(values) {
  return {
    powers: Boolean(values.powers),
    activation: String(values.activation),
    cut: String(values.cut),
    bet: String(values.bet),
  };
}

/** @param {Partial<Pose>} changes */
export function controlsOf(changes) {
  /** @type {Record<string, any>} */
  const controls = {};
  for (const [name, value] of Object.entries(changes)) {
    if (name === 'matrix') {
      const m = /** @type {number[]} */ (value);
      controls.matrix = [[m[0], m[1]], [m[2], m[3]]];
    } else if (name === 'start') controls.line_start = value;
    else if (name === 'end') controls.line_end = value;
    else controls[name] = value;
  }
  return controls;
}

/** @param {any} scene */
export function tablesOf(scene) {
  const { bends, cosine, sine, hill } = scene.tables;
  return {
    bends: Object.fromEntries(Object.entries(bends).map(([name, table]) => [name, lookup(/** @type {any} */ (table))])),
    cosine: lookup(cosine),
    sine: lookup(sine),
    hill: lookup(hill),
  };
}

// —— 变换 ——

/** 真正作用在点上的矩阵：箭头给的矩阵，再缩放，再旋转。 @param {Pose} pose @param {any} data */
export function effective(pose, data) {
  const [c, s] = [data.cosine(pose.turn), data.sine(pose.turn)];
  const [a, b, d, e] = pose.matrix;
  const k = pose.scale;
  return [k * (c * a - s * d), k * (c * b - s * e), k * (s * a + c * d), k * (s * b + c * e)];
}

/**
 * 反过来：要让作用在点上的矩阵是 ``wanted``，箭头给的矩阵该是多少。
 * @param {number[]} wanted @param {Pose} pose @param {any} data
 */
export function matrixFor(wanted, pose, data) {
  const [c, s] = [data.cosine(pose.turn), data.sine(pose.turn)];
  const [a, b, d, e] = wanted.map((v) => v / pose.scale);
  return [c * a + s * d, c * b + s * e, -s * a + c * d, -s * b + c * e].map(tidy);
}

/**
 * 箭头拖到了 ``wanted``：缩放和旋转的滑杆该指在哪里，剩下的归矩阵。缩放是面积的倍数开方，旋转是
 * 「拉、转」里的那个转；压得太扁、说不清转了多少时，滑杆不动。
 * @param {number[]} wanted @param {Pose} pose @param {any} data @returns {Partial<Pose>}
 */
export function slidersFor(wanted, pose, data) {
  const [a, b, c, d] = wanted;
  const [x, y] = [a + d, c - b];
  const along = (/** @type {number} */ degrees) => x * data.cosine(degrees) + y * data.sine(degrees);
  let turn = pose.turn;
  if (x * x + y * y > SLIGHT) {
    for (let degrees = -180; degrees < 180; degrees += 1) if (along(degrees) > along(turn)) turn = degrees;
  }
  const size = Math.round(100 * Math.sqrt(Math.abs(a * d - b * c))) / 100;
  const parts = { scale: Math.max(LEAST, Math.min(MOST, size)), turn };
  return { ...parts, matrix: matrixFor(wanted, { ...pose, ...parts }, data) };
}

/**
 * 把平面上的点送到它该去的地方。
 * @param {ArrayLike<number>} points @param {Pose} pose @param {Picks} picks @param {any} data
 * @returns {Float64Array}
 */
export function warp(points, pose, picks, data) {
  const [a, b, c, d] = effective(pose, data);
  const [u, v] = pose.offset;
  const t = pose.bend;
  const f = data.bends[picks.activation];
  const out = new Float64Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    const x = a * points[i] + b * points[i + 1] + u;
    const y = c * points[i] + d * points[i + 1] + v;
    out[i] = t ? (1 - t) * x + t * f(x) : x;
    out[i + 1] = t ? (1 - t) * y + t * f(y) : y;
  }
  return out;
}

// —— 数一数 ——

/**
 * 每个点在界线的哪一边、多远。
 * @param {Float64Array} mapped @param {Pose} pose @param {Picks} picks @param {any} data
 */
function margins(mapped, pose, picks, data) {
  const out = new Float64Array(mapped.length / 2);
  if (picks.cut === 'sheet') return out.map((_, k) => data.heights[k] - pose.height);
  const [ax, ay] = pose.start;
  const [dx, dy] = [pose.end[0] - ax, pose.end[1] - ay];
  const length = Math.sqrt(dx * dx + dy * dy) || 1;
  return out.map((_, k) => (dx * (mapped[2 * k + 1] - ay) - dy * (mapped[2 * k] - ax)) / length);
}

/**
 * 错了几个：蓝在哪一边，取错得少的那种；在界线上的都算错。
 * @param {Float64Array} mapped @param {Pose} pose @param {Picks} picks @param {any} data
 * @returns {Score}
 */
export function judge(mapped, pose, picks, data) {
  const values = margins(mapped, pose, picks, data);
  /** @type {Score} */
  let least = { wrong: Infinity, side: 1, which: [[], [], [], []] };
  for (const side of [1, -1]) {
    let wrong = 0;
    /** @type {number[][]} */
    const which = [[], [], [], []];
    for (let k = 0; k < values.length; k += 1) {
      const blue = data.labels[k];
      const good = (blue ? side : -side) * values[k] > ON_THE_LINE;
      if (!good) wrong += 1;
      which[blue + (good ? 2 : 0)].push(k);
    }
    if (wrong < least.wrong) least = { wrong, side, which };
  }
  return least;
}

/** 用到的最强的本事。 @param {Pose} pose @param {Picks} picks */
export function power(pose, picks) {
  if (picks.cut === 'sheet') return 'lift';
  return pose.bend > 0 ? 'bend' : 'matrix';
}

/** 矩阵把膜压扁了没有。 @param {number[]} m */
export function isFlat([a, b, c, d]) {
  return Math.abs(a * d - b * c) < ON_THE_LINE;
}

// —— 小算术 ——

/** @param {Pose} from @param {Pose} to @param {number} t @returns {Pose} */
export function between(from, to, t) {
  /** @type {any} */
  const out = {};
  for (const key of /** @type {(keyof Pose)[]} */ (Object.keys(from))) {
    const [a, b] = /** @type {any[]} */ ([from[key], to[key]]);
    out[key] = Array.isArray(a) ? a.map((v, i) => v + t * (b[i] - v)) : a + t * (b - a);
  }
  return out;
}

/** @param {Pose} a @param {Pose} b */
export function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** 留四位小数：链接短，Python 得到的也正是画着的。 @param {number} v */
export function tidy(v) {
  return Math.round(v * 1e4) / 1e4;
}

/** @param {number} v @param {number} most */
export function limit(v, most) {
  return Math.max(-most, Math.min(most, v));
}
