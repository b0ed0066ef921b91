// @ts-check
/** 在画布上画一张弯过的纸：底色是判断，上面有格线、分界、点。颜色全部来自调色板。 */
import { rgb } from './palette.js';
import { project } from './view3d.js';

const LEVELS = 17;
const SHADES = 5;

/**
 * 让画布跟上元素的大小和屏幕的像素密度，返回画笔。
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 */
export function fit(canvas, width, height) {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const w = Math.round(width * ratio);
  const h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  brush.clearRect(0, 0, width, height);
  return brush;
}

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
    const t = 0.34 * Math.sqrt(Math.abs(v));
    found.push(Array.from({ length: SHADES }, (_, s) => {
      const dark = 0.05 * s;
      const mixed = paper.map((p, i) => (p + (end[i] - p) * t) * (1 - dark) + ink[i] * dark);
      return `rgb(${mixed.map(Math.round).join(' ')})`;
    }));
  }
  return found;
}

/** −127 … 127 → 第几档。 @param {number} value */
function level(value) {
  return Math.round(((value / 127 + 1) / 2) * (LEVELS - 1));
}

/**
 * 平着的纸：同一档颜色的格子一笔填完，相邻的格子之间没有缝。
 * @param {CanvasRenderingContext2D} brush @param {ArrayLike<number>} p 投影过的格点 @param {number} count
 * @param {Uint8Array} levels 每个小格的档 @param {string[][]} colors
 */
function flatQuads(brush, p, count, levels, colors) {
  /** @type {Path2D[]} */
  const paths = Array.from({ length: LEVELS }, () => new Path2D());
  const used = new Uint8Array(LEVELS);
  for (let r = 0; r + 1 < count; r += 1) {
    for (let c = 0; c + 1 < count; c += 1) {
      const a = 3 * (r * count + c);
      const [b, e, d] = [a + 3, a + 3 + 3 * count, a + 3 * count];
      const at = levels[r * (count - 1) + c];
      const path = paths[at];
      used[at] = 1;
      // 翻了面的格子倒着描，免得同一笔里正反相消。
      const area = (p[e] - p[a]) * (p[d + 1] - p[b + 1]) - (p[d] - p[b]) * (p[e + 1] - p[a + 1]);
      const [second, fourth] = area < 0 ? [b, d] : [d, b];
      path.moveTo(p[a], p[a + 1]);
      path.lineTo(p[second], p[second + 1]);
      path.lineTo(p[e], p[e + 1]);
      path.lineTo(p[fourth], p[fourth + 1]);
      path.closePath();
    }
  }
  brush.lineWidth = 0.8;
  brush.lineJoin = 'round';
  for (let k = 0; k < LEVELS; k += 1) {
    if (!used[k]) continue;
    brush.fillStyle = colors[k][0];
    brush.strokeStyle = colors[k][0];
    brush.fill(paths[k]);
    brush.stroke(paths[k]);
  }
}

/**
 * 格线：每隔 every 个格点一条。
 * @param {CanvasRenderingContext2D} brush @param {ArrayLike<number>} p @param {number} count @param {number} every
 */
export function gridLines(brush, p, count, every) {
  brush.beginPath();
  for (let k = 0; k < count; k += every) {
    for (let i = 0; i < count; i += 1) {
      const a = 3 * (k * count + i);
      if (i) brush.lineTo(p[a], p[a + 1]);
      else brush.moveTo(p[a], p[a + 1]);
    }
    for (let i = 0; i < count; i += 1) {
      const a = 3 * (i * count + k);
      if (i) brush.lineTo(p[a], p[a + 1]);
      else brush.moveTo(p[a], p[a + 1]);
    }
  }
  brush.stroke();
}

/**
 * 立体的纸：从远到近一格一格地画，朝光的一面亮，格线跟着格子走，于是近处遮住远处。
 * @param {CanvasRenderingContext2D} brush @param {ArrayLike<number>} p @param {number} count
 * @param {Uint8Array} levels @param {string[][]} colors @param {string} line @param {number} every
 */
function solidQuads(brush, p, count, levels, colors, line, every) {
  const cells = (count - 1) * (count - 1);
  const order = new Int32Array(cells);
  const depth = new Float64Array(cells);
  for (let i = 0; i < cells; i += 1) {
    const r = Math.floor(i / (count - 1));
    const a = 3 * (r * count + (i - r * (count - 1)));
    order[i] = i;
    depth[i] = p[a + 2] + p[a + 5] + p[a + 2 + 3 * count] + p[a + 5 + 3 * count];
  }
  order.sort((i, j) => depth[i] - depth[j]);
  brush.lineJoin = 'round';
  for (const i of order) {
    const r = Math.floor(i / (count - 1));
    const c = i - r * (count - 1);
    const a = 3 * (r * count + c);
    const [b, e, d] = [a + 3, a + 3 + 3 * count, a + 3 * count];
    const u = [p[e] - p[a], p[e + 1] - p[a + 1], p[e + 2] - p[a + 2]];
    const v = [p[d] - p[b], p[d + 1] - p[b + 1], p[d + 2] - p[b + 2]];
    const flat = Math.abs(u[0] * v[1] - u[1] * v[0]);
    const size = Math.sqrt(u[0] * u[0] + u[1] * u[1]) * Math.sqrt(v[0] * v[0] + v[1] * v[1]) + 1e-9;
    const shade = Math.min(SHADES - 1, Math.floor((1 - Math.min(1, flat / size)) * SHADES));
    const color = colors[levels[i]][shade];
    brush.fillStyle = color;
    brush.strokeStyle = color;
    brush.lineWidth = 0.9;
    brush.beginPath();
    brush.moveTo(p[a], p[a + 1]);
    brush.lineTo(p[b], p[b + 1]);
    brush.lineTo(p[e], p[e + 1]);
    brush.lineTo(p[d], p[d + 1]);
    brush.closePath();
    brush.fill();
    brush.stroke();
    if (r % every === 0 || c % every === 0 || r === count - 2 || c === count - 2) {
      brush.strokeStyle = line;
      brush.beginPath();
      if (r % every === 0) { brush.moveTo(p[a], p[a + 1]); brush.lineTo(p[b], p[b + 1]); }
      if (c % every === 0) { brush.moveTo(p[a], p[a + 1]); brush.lineTo(p[d], p[d + 1]); }
      if (r === count - 2) { brush.moveTo(p[d], p[d + 1]); brush.lineTo(p[e], p[e + 1]); }
      if (c === count - 2) { brush.moveTo(p[b], p[b + 1]); brush.lineTo(p[e], p[e + 1]); }
      brush.stroke();
    }
  }
}

/**
 * 每个小格的档：四个角的判断平均。
 * @param {ArrayLike<number>} field @param {number} count
 */
export function cellLevels(field, count) {
  const levels = new Uint8Array((count - 1) * (count - 1));
  for (let r = 0; r + 1 < count; r += 1) {
    for (let c = 0; c + 1 < count; c += 1) {
      const a = r * count + c;
      levels[r * (count - 1) + c] = level((field[a] + field[a + 1] + field[a + count] + field[a + count + 1]) / 4);
    }
  }
  return levels;
}

/**
 * @param {CanvasRenderingContext2D} brush @param {ArrayLike<number>} p 投影过的格点 @param {number} count
 * @param {Uint8Array} levels @param {string[][]} tint @param {Record<string, string>} colors
 * @param {boolean} solid @param {number} [every]
 */
export function sheet(brush, p, count, levels, tint, colors, solid, every = 4) {
  brush.lineCap = 'round';
  if (solid) {
    brush.globalAlpha = 0.93;
    solidQuads(brush, p, count, levels, tint, colors['ink-faint'], every);
    brush.globalAlpha = 1;
    return;
  }
  flatQuads(brush, p, count, levels, tint);
  brush.strokeStyle = colors['ink-faint'];
  brush.globalAlpha = 0.55;
  brush.lineWidth = 0.8;
  gridLines(brush, p, count, every);
  brush.globalAlpha = 1;
}

/**
 * 点：蓝的圆，橙的方，外面一圈纸色；分错的再套一个墨圈；自己放的中间有个白点。
 * @param {CanvasRenderingContext2D} brush @param {ArrayLike<number>} p 投影过的点 @param {ArrayLike<number>} labels
 * @param {Record<string, string>} colors
 * @param {{size?: number, wrong?: (i: number) => boolean, own?: number}} [options]
 */
export function dots(brush, p, labels, colors, options = {}) {
  const { size = 4, wrong = () => false, own = 0 } = options;
  const n = labels.length;
  const half = size * 0.86;
  brush.lineWidth = size > 3 ? 1.2 : 0.8;
  brush.strokeStyle = colors.card;
  for (const label of [0, 1]) {
    brush.fillStyle = label ? colors.blue : colors.orange;
    for (let i = 0; i < n; i += 1) {
      if (labels[i] !== label) continue;
      brush.beginPath();
      if (label) brush.arc(p[3 * i], p[3 * i + 1], size, 0, 7);
      else brush.rect(p[3 * i] - half, p[3 * i + 1] - half, 2 * half, 2 * half);
      brush.fill();
      brush.stroke();
    }
  }
  brush.strokeStyle = colors.ink;
  brush.lineWidth = 1.6;
  for (let i = 0; i < n; i += 1) {
    if (!wrong(i)) continue;
    brush.beginPath();
    brush.arc(p[3 * i], p[3 * i + 1], size + 3.2, 0, 7);
    brush.stroke();
  }
  brush.fillStyle = colors.card;
  for (let i = n - own; i < n; i += 1) {
    brush.beginPath();
    brush.arc(p[3 * i], p[3 * i + 1], size * 0.42, 0, 7);
    brush.fill();
  }
}

/**
 * 一段一段的线。
 * @param {CanvasRenderingContext2D} brush @param {ArrayLike<number>} p 每两个点一段
 */
export function segments(brush, p) {
  brush.beginPath();
  for (let i = 0; i + 5 < p.length; i += 6) {
    brush.moveTo(p[i], p[i + 1]);
    brush.lineTo(p[i + 3], p[i + 4]);
  }
  brush.stroke();
}

/**
 * ±1 的方框（立体时是盒子）和过原点的轴：激活函数把纸压进哪里，看它就知道。
 * @param {CanvasRenderingContext2D} brush @param {import('./view3d.js').Camera} eye @param {any} frame
 * @param {Record<string, string>} colors @param {boolean} box
 */
export function scaffold(brush, eye, frame, colors, box) {
  const far = 1.6 * frame.reach;
  const axes = [-far, 0, 0, far, 0, 0, 0, -far, 0, 0, far, 0];
  if (eye.tilt > 0.02) axes.push(0, 0, -frame.reach * eye.tilt, 0, 0, frame.reach * eye.tilt);
  brush.strokeStyle = colors.rule;
  brush.lineWidth = 1;
  segments(brush, project(eye, axes, frame));
  if (!box) return;
  /** @type {number[]} */
  const edges = [];
  const h = eye.tilt;
  const around = [-1, -1, 1, -1, 1, 1, -1, 1, -1, -1];
  for (const z of h > 0.02 ? [-h, h] : [0]) {
    for (let i = 0; i < 4; i += 1) edges.push(around[2 * i], around[2 * i + 1], z, around[2 * i + 2], around[2 * i + 3], z);
  }
  if (h > 0.02) for (let i = 0; i < 4; i += 1) edges.push(around[2 * i], around[2 * i + 1], -h, around[2 * i], around[2 * i + 1], h);
  brush.setLineDash([2, 4]);
  brush.strokeStyle = colors['ink-faint'];
  segments(brush, project(eye, edges, frame));
  brush.setLineDash([]);
}

/**
 * 最后一个空间里的分界：平的是一条直线，立体的是一块薄板。
 * @param {CanvasRenderingContext2D} brush @param {import('./view3d.js').Camera} eye @param {any} frame
 * @param {ArrayLike<number>} normal @param {number} offset @param {Record<string, string>} colors @param {number} alpha
 */
export function separator(brush, eye, frame, normal, offset, colors, alpha) {
  const [a, b, c] = [normal[0], normal[1], normal[2]];
  const square = a * a + b * b + c * c;
  if (square < 1e-12 || alpha <= 0) return;
  const foot = [(-offset * a) / square, (-offset * b) / square, (-offset * c) / square];
  const long = 3 * frame.reach;
  brush.globalAlpha = alpha;
  brush.strokeStyle = colors.ink;
  brush.lineWidth = 2.4;
  if (eye.tilt < 0.02) {
    const size = Math.sqrt(a * a + b * b) || 1;
    const along = [(-b / size) * long, (a / size) * long];
    segments(brush, project(eye, [foot[0] - along[0], foot[1] - along[1], 0, foot[0] + along[0], foot[1] + along[1], 0], frame));
    brush.globalAlpha = 1;
    return;
  }
  // 板面上两个互相垂直的方向。
  const size = Math.sqrt(square);
  const n = [a / size, b / size, c / size];
  const pick = Math.abs(n[2]) < 0.8 ? [0, 0, 1] : [1, 0, 0];
  let u = [n[1] * pick[2] - n[2] * pick[1], n[2] * pick[0] - n[0] * pick[2], n[0] * pick[1] - n[1] * pick[0]];
  const us = Math.sqrt(u[0] * u[0] + u[1] * u[1] + u[2] * u[2]);
  u = u.map((q) => q / us);
  const v = [n[1] * u[2] - n[2] * u[1], n[2] * u[0] - n[0] * u[2], n[0] * u[1] - n[1] * u[0]];
  const r = 1.05;
  const corners = [[-r, -r], [r, -r], [r, r], [-r, r]].flatMap(([i, j]) => [0, 1, 2].map((q) => foot[q] + i * u[q] + j * v[q]));
  const p = project(eye, corners, frame);
  brush.beginPath();
  for (let i = 0; i < 4; i += 1) {
    if (i) brush.lineTo(p[3 * i], p[3 * i + 1]);
    else brush.moveTo(p[0], p[1]);
  }
  brush.closePath();
  brush.fillStyle = colors.ink;
  brush.globalAlpha = 0.14 * alpha;
  brush.fill();
  brush.globalAlpha = 0.8 * alpha;
  brush.lineWidth = 1.6;
  brush.stroke();
  brush.globalAlpha = 1;
}
