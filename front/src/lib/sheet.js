// @ts-check
/** 在画布上画一张弯过的纸：底色是判断，上面有格线、分界、点。颜色全部来自调色板。 */
import { rgb } from './palette.js';
import { project } from './view3d.js';

const LEVELS = 17;
const SHADES = 5;
const DEEPEST = 0.34; // 最有把握的地方，底色走向类的颜色多远

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
function level(value) {
  return Math.round(((value / 127 + 1) / 2) * (LEVELS - 1));
}

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
function pieces(p, count, values, r, c, each) {
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

/**
 * 平着的纸：同一档颜色的格子一笔填完，相邻的格子之间没有缝。
 * @param {CanvasRenderingContext2D} brush @param {ArrayLike<number>} p 投影过的格点 @param {number} count
 * @param {ArrayLike<number>} values 每个格点的判断 @param {string[][]} colors
 */
function flatQuads(brush, p, count, values, colors) {
  /** @type {Path2D[]} */
  const paths = [];
  for (let r = 0; r + 2 < count; r += 2) {
    for (let c = 0; c + 2 < count; c += 2) {
      pieces(p, count, values, r, c, (ax, ay, bx, by, ex, ey, dx, dy, tone) => {
        const path = (paths[tone] ??= new Path2D());
        path.moveTo(ax, ay);
        // 翻了面的格子倒着描，免得同一笔里正反相消。
        if ((ex - ax) * (dy - by) - (dx - bx) * (ey - ay) < 0) {
          path.lineTo(bx, by);
          path.lineTo(ex, ey);
          path.lineTo(dx, dy);
        } else {
          path.lineTo(dx, dy);
          path.lineTo(ex, ey);
          path.lineTo(bx, by);
        }
        // 不用 closePath：浏览器每次都要为它量一遍整条路径，几千格就慢得动不了。
        path.lineTo(ax, ay);
      });
    }
  }
  brush.lineWidth = 0.8;
  brush.lineJoin = 'round';
  paths.forEach((path, k) => {
    brush.fillStyle = colors[k][0];
    brush.strokeStyle = colors[k][0];
    brush.fill(path);
    // 两档之间的细缝由中间各档描边盖住；最浓的两档占地最大，不描。
    if (k && k < LEVELS - 1) brush.stroke(path);
  });
}

/**
 * 没有弯的纸：判断画成一幅小图，放大时由画布自己匀开。
 * @param {CanvasRenderingContext2D} brush @param {any} frame @param {ArrayLike<number>} values @param {number} count
 * @param {number} reach @param {Record<string, string>} colors @param {number} every
 */
export function flatField(brush, frame, values, count, reach, colors, every) {
  const small = document.createElement('canvas');
  small.width = count;
  small.height = count;
  const pen = /** @type {CanvasRenderingContext2D} */ (small.getContext('2d'));
  const image = pen.createImageData(count, count);
  const paper = rgb(colors.card);
  const ends = [rgb(colors.orange), rgb(colors.blue)];
  for (let r = 0; r < count; r += 1) {
    for (let c = 0; c < count; c += 1) {
      const v = values[(count - 1 - r) * count + c] / 127;
      const end = ends[v < 0 ? 0 : 1];
      const t = DEEPEST * Math.sqrt(Math.abs(v));
      const at = 4 * (r * count + c);
      for (let q = 0; q < 3; q += 1) image.data[at + q] = paper[q] + (end[q] - paper[q]) * t;
      image.data[at + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
  const half = reach * frame.scale;
  const step = (2 * half) / (count - 1);
  const [left, top] = [frame.x - half, frame.y - half];
  brush.save();
  brush.beginPath();
  brush.rect(left, top, 2 * half, 2 * half);
  brush.clip();
  brush.drawImage(small, left - step / 2, top - step / 2, count * step, count * step);
  brush.restore();
  brush.strokeStyle = colors['ink-faint'];
  brush.globalAlpha = 0.55;
  brush.lineWidth = 0.8;
  brush.beginPath();
  for (let k = 0; k < count; k += every) {
    brush.moveTo(left + k * step, top);
    brush.lineTo(left + k * step, top + 2 * half);
    brush.moveTo(left, top + k * step);
    brush.lineTo(left + 2 * half, top + k * step);
  }
  brush.stroke();
  brush.globalAlpha = 1;
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
 * @param {ArrayLike<number>} values @param {string[][]} colors @param {string} line @param {number} every
 */
function solidQuads(brush, p, count, values, colors, line, every) {
  const half = (count - 1) / 2;
  const depth = new Float64Array(half * half);
  const order = new Int32Array(half * half);
  for (let i = 0; i < order.length; i += 1) {
    const r = 2 * Math.floor(i / half);
    const a = 3 * (r * count + 2 * (i % half)) + 2;
    order[i] = i;
    depth[i] = p[a] + p[a + 6] + p[a + 6 * count] + p[a + 6 * count + 6];
  }
  order.sort((i, j) => depth[i] - depth[j]);
  brush.lineJoin = 'round';
  for (const i of order) {
    const r = 2 * Math.floor(i / half);
    const c = 2 * (i % half);
    pieces(p, count, values, r, c, (ax, ay, bx, by, ex, ey, dx, dy, tone) => {
      const u = [ex - ax, ey - ay];
      const v = [dx - bx, dy - by];
      const flat = Math.abs(u[0] * v[1] - u[1] * v[0]);
      const size = Math.sqrt((u[0] * u[0] + u[1] * u[1]) * (v[0] * v[0] + v[1] * v[1])) + 1e-9;
      const shade = Math.min(SHADES - 1, Math.floor((1 - Math.min(1, flat / size)) * SHADES));
      brush.fillStyle = colors[tone][shade];
      brush.strokeStyle = colors[tone][shade];
      brush.lineWidth = 0.9;
      brush.beginPath();
      brush.moveTo(ax, ay);
      brush.lineTo(bx, by);
      brush.lineTo(ex, ey);
      brush.lineTo(dx, dy);
      brush.closePath();
      brush.fill();
      brush.stroke();
    });
    const [low, left, high, right] = [r % every === 0, c % every === 0, r === count - 3, c === count - 3];
    if (!low && !left && !high && !right) continue;
    brush.strokeStyle = line;
    brush.lineWidth = 0.9;
    brush.beginPath();
    const go = (/** @type {number} */ from, /** @type {number} */ step) => {
      for (let k = 0; k < 3; k += 1) {
        const q = 3 * (from + k * step);
        if (k) brush.lineTo(p[q], p[q + 1]);
        else brush.moveTo(p[q], p[q + 1]);
      }
    };
    const node = r * count + c;
    if (low) go(node, 1);
    if (left) go(node, count);
    if (high) go(node + 2 * count, 1);
    if (right) go(node + 2, count);
    brush.stroke();
  }
}

/**
 * 判断每边给了 size 个点；格点每边 2·size − 1 个，中间的按直线插。
 * @param {ArrayLike<number>} field @param {number} size
 */
export function between(field, size) {
  const count = 2 * size - 1;
  const values = new Float32Array(count * count);
  for (let r = 0; r < count; r += 1) {
    for (let c = 0; c < count; c += 1) {
      const [low, high] = [Math.floor(r / 2) * size, Math.ceil(r / 2) * size];
      const [left, right] = [Math.floor(c / 2), Math.ceil(c / 2)];
      values[r * count + c] = (field[low + left] + field[low + right] + field[high + left] + field[high + right]) / 4;
    }
  }
  return values;
}

/**
 * @param {CanvasRenderingContext2D} brush @param {ArrayLike<number>} p 投影过的格点 @param {number} count
 * @param {ArrayLike<number>} values @param {string[][]} tint @param {Record<string, string>} colors
 * @param {boolean} solid @param {number} [every]
 */
export function sheet(brush, p, count, values, tint, colors, solid, every = 8) {
  brush.lineCap = 'round';
  if (solid) {
    brush.globalAlpha = 0.93;
    solidQuads(brush, p, count, values, tint, colors['ink-faint'], every);
    brush.globalAlpha = 1;
    return;
  }
  flatQuads(brush, p, count, values, tint);
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
