// @ts-check
/** 一块画布，上面是走到第 s 处的那张纸：网络换了它跟着变，手柄动了它跟着弯。 */
import { fit } from './canvas.js';
import { Net, mesh, station, zeroLine } from './net.js';
import { between, flatField, sheet } from './sheet.js';
import { dots, scaffold, segments, separator } from './sheet/marks.js';
import { tints } from './sheet/tints.js';
import { camera, project } from './view3d.js';

const FEW = 20; // 分错的不超过这么多，才一个一个圈出来
const NOTHING = new Float64Array(0);
const TWEEN = 300; // 毫秒：数据或网络一下子换了，点走过去，不跳过去。

/** 三维位置的一份拷贝在 from 和 to 之间走到 f。 @param {Float64Array} from @param {Float64Array} to @param {number} f */
function toward(from, to, f) {
  if (from.length !== to.length) return;
  for (let i = 0; i < to.length; i += 1) to[i] = from[i] + f * (to[i] - from[i]);
}

/** @typedef {{net: Net, count: number, mesh: import('./net.js').Trace, points: import('./net.js').Trace,
 *   line: import('./net.js').Trace, values: Float32Array}} Walk */
/** @type {WeakMap<any, Walk>} */
const walks = new WeakMap();

/** 一幅场景里的格子、点和分界各走完全程；左右两块画布共用一份。 @param {any} scene @returns {Walk} */
function walked(scene) {
  let found = walks.get(scene);
  if (!found) {
    const net = new Net(scene.net);
    const size = Number(scene.field.shape[0]);
    const count = 2 * size - 1; // 判断的格点之间再插一个
    const traced = net.trace(mesh(count, scene.net.reach));
    found = {
      net, count, mesh: traced,
      points: net.trace(scene.points.data),
      line: net.trace(zeroLine(traced.score, count, scene.net.reach)),
      values: between(scene.field.data, size),
    };
    walks.set(scene, found);
  }
  return found;
}

export class Paper {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{reduced: () => boolean, dot?: number, fixed?: boolean, bare?: boolean, every?: number}} options
   *   dot 点的半径；fixed 时总站在 s = 0，是输入平面；bare 时不画轴和方框；every 格线隔几个格点
   */
  constructor(canvas, options) {
    this.canvas = canvas;
    this.options = options;
    this.s = 0;
    this.width = 0;
    this.height = 0;
    this.eye = camera();
    /** @type {Record<string, string>} */
    this.colors = {};
    /** @type {string[][]} */
    this.tint = [];
    /** @type {any} */
    this.scene = null;
    /** @type {Net | null} */
    this.net = null;
    /** @type {Walk | null} */
    this.walk = null;
    this.drawnAt = 0;
    this.tweenFrom = 0;
    /** @type {{mesh: Float64Array, points: Float64Array, reach: number} | null} */
    this.old = null;
    this.queued = 0;
    this.seen = 1.3;
    this.frame = { x: 0, y: 0, scale: 1, reach: 1.3, centre: [0, 0, 0] };
  }

  /** @param {Record<string, string>} colors */
  paint(colors) {
    this.colors = colors;
    this.tint = tints(colors);
    this.later();
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.later();
  }

  /** @param {number} s */
  go(s) {
    this.s = s;
    this.later();
  }

  /** 换成这幅场景。 @param {any} scene */
  show(scene) {
    const now = performance.now();
    if (this.net && this.placed && now - this.drawnAt > 180 && !this.options.reduced()
      && this.placed.points.length === scene.labels.data.length * 3) {
      this.old = { mesh: this.placed.mesh.slice(), points: this.placed.points.slice(), reach: this.seen };
      this.tweenFrom = now;
    } else this.old = null;
    this.drawnAt = now;
    this.scene = scene;
    this.walk = walked(scene);
    this.net = this.walk.net;
    this.later();
  }

  later() {
    if (this.queued) return;
    this.queued = requestAnimationFrame(() => {
      this.queued = 0;
      this.render();
    });
  }

  /** 像素 → 平面上的坐标（只在平着看的时候对）。 @param {number} px @param {number} py */
  at(px, py) {
    const { x, y, scale } = this.frame;
    return [(px - x) / scale, (y - py) / scale];
  }

  render() {
    const { walk, scene, colors, width, height } = this;
    if (!walk || !width || !colors.card) return;
    const { net } = walk;
    const s = this.options.fixed ? 0 : this.s;
    // 输入平面上的格子从来不动。
    const placedMesh = this.options.fixed ? NOTHING : net.place(walk.mesh, s);
    const placedPoints = net.place(walk.points, s);
    const placedLine = net.place(walk.line, s);
    const sight = net.sight(walk.points, s);
    let reach = Math.max(scene.net.reach * 1.06 * (1 - Math.min(1, s * 3 * net.depth)), sight.reach);
    let f = 1;
    if (this.old) {
      f = Math.min(1, (performance.now() - this.tweenFrom) / TWEEN);
      toward(this.old.mesh, placedMesh, f);
      toward(this.old.points, placedPoints, f);
      reach = this.old.reach + f * (reach - this.old.reach);
      if (f >= 1) this.old = null;
      else this.later();
    }
    this.seen = reach;
    this.placed = { mesh: placedMesh, points: placedPoints };
    this.eye.tilt = this.options.fixed ? 0 : net.tilt(s);
    // 斜着看的时候，盒子的对角线更长，退远一点。
    const back = reach * (1 + 0.28 * this.eye.tilt);
    const frame = { x: width / 2, y: height / 2, scale: Math.min(width, height) / (2 * back), reach: back, centre: sight.centre };
    this.frame = frame;
    const brush = fit(this.canvas, width, height);
    const { layer, part, t } = station(s, net.depth);
    const bends = ['tanh', 'sigmoid'].includes(scene.net.activation) && (part === 2 || (part === 0 && layer > 0 && t < 0.3) || s === 1);
    if (!this.options.bare) scaffold(brush, this.eye, frame, colors, bends && !this.options.fixed);
    const every = this.options.every ?? 8;
    if (s === 0) flatField(brush, frame, walk.values, walk.count, scene.net.reach, colors, every);
    else sheet(brush, project(this.eye, placedMesh, frame), walk.count, walk.values, this.tint, colors, this.eye.tilt > 0.02, every);
    const last = layer === net.depth - 1 && part === 2 ? t : 0;
    if (f === 1 && placedLine.length) {
      brush.strokeStyle = colors.ink;
      brush.lineWidth = 2.2;
      brush.lineCap = 'round';
      segments(brush, project(this.eye, placedLine, frame));
    }
    if (!this.options.fixed) {
      separator(brush, this.eye, frame, scene.net.separator.normal.data, scene.net.separator.offset, colors, last * last);
    }
    const labels = scene.labels.data;
    const score = walk.points.score;
    dots(brush, project(this.eye, placedPoints, frame), labels, colors, {
      size: (this.options.dot ?? 4) * Math.max(0.65, Math.min(1, Math.min(width, height) / 300)),
      own: scene.own ?? 0,
      // 一半都错的时候，满纸的圈只会挡住别的。
      wrong: (i) => scene.wrong <= FEW && score[i] > 0 !== (labels[i] === 1),
    });
  }

  destroy() {
    cancelAnimationFrame(this.queued);
  }
}
