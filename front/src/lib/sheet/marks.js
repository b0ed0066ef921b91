// @ts-check
/** 纸上和纸外的记号：点、分界、方框和轴。 */
import { project } from '../view3d.js';

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
 * @param {CanvasRenderingContext2D} brush @param {import('../view3d.js').Camera} eye @param {any} frame
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
 * @param {CanvasRenderingContext2D} brush @param {import('../view3d.js').Camera} eye @param {any} frame
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
