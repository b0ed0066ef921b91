// @ts-check
/** 在画布上画一张弯过的纸：底色是判断，上面有格线。颜色全部来自调色板。 */
import { rgb } from './palette.js';
import { pieces } from './sheet/pieces.js';
import { DEEPEST, LEVELS, SHADES } from './sheet/tints.js';

/**
 * 平着或立着的一张纸。
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
