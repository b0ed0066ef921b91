// @ts-check
/** 一本账：一种熵随步数的曲线。横轴从 0 起，不够长就加倍，不随着指尖伸缩。 */
import { number } from '../axes.js';
import { fit } from '../canvas.js';

const EDGE = { left: 44, right: 10, top: 28, bottom: 24 };
const SHORTEST = 400;

/**
 * @typedef {object} Account
 * @property {ArrayLike<number>} values 每隔 stride 步一个
 * @property {number} stride @property {number} clock 现在第几步 @property {number} now 现在的值
 * @property {number} most 上限 @property {string} mostName 上限是什么 @property {string} name 纵轴的名字
 * @property {number[]} turns 在哪几步倒转过 @property {number[]} looks 在哪几步看过
 * @property {number | null} home 该在第几步回到起点
 * @property {boolean} mirror 画不画「照原路回去」的虚线；它叫什么，写在图下面
 */

/** 横轴到哪里：400，不够就加倍。 @param {number} need */
export function reach(need) {
  let far = SHORTEST;
  while (far < need) far *= 2;
  return far;
}

/**
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 * @param {Account} account @param {string} color @param {Record<string, string>} colors @param {number} far 横轴到哪里
 */
export function drawAccount(canvas, width, height, account, color, colors, far) {
  const brush = fit(canvas, width, height);
  const { left, right, top, bottom } = EDGE;
  const x = (/** @type {number} */ step) => left + (step / far) * (width - left - right);
  const tall = height - top - bottom;
  const y = (/** @type {number} */ value) => top + tall * (1 - value / account.most);
  brush.font = '12px sans-serif';
  brush.lineWidth = 1;
  frame(brush, account, width, x, y, colors, far);
  for (const turn of account.turns) {
    if (turn > far) continue;
    stroke(brush, [[x(turn), top], [x(turn), top + tall]], colors['ink-faint'], [1, 3], 1);
  }
  if (account.turns.length) {
    const at = x(account.turns[account.turns.length - 1]);
    const before = at > width - right - 30;
    brush.fillStyle = colors['ink-faint'];
    brush.textAlign = before ? 'right' : 'left';
    brush.fillText('倒转', at + (before ? -4 : 4), top + tall - 6);
  }
  if (account.mirror) backwards(brush, account, x, y, colors);
  brush.fillStyle = color;
  for (const look of account.looks) {
    const [at, low] = [x(look), top + tall];
    brush.beginPath();
    brush.moveTo(at, low - 1);
    brush.lineTo(at - 4, low + 6);
    brush.lineTo(at + 4, low + 6);
    brush.fill();
  }
  curve(brush, account, x, y, color);
}

/** @param {CanvasRenderingContext2D} brush @param {Account} account @param {number} width @param {(v: number) => number} x @param {(v: number) => number} y @param {Record<string, string>} colors @param {number} far */
function frame(brush, account, width, x, y, colors, far) {
  const edge = width - EDGE.right;
  stroke(brush, [[EDGE.left, y(0)], [edge, y(0)]], colors.rule, [], 1);
  stroke(brush, [[EDGE.left, y(account.most)], [edge, y(account.most)]], colors['ink-faint'], [3, 4], 1);
  brush.fillStyle = colors['ink-faint'];
  brush.textBaseline = 'middle';
  brush.textAlign = 'right';
  brush.fillText(number(account.most), EDGE.left - 6, y(account.most));
  brush.fillText('0', EDGE.left - 6, y(0));
  brush.textBaseline = 'alphabetic';
  brush.textAlign = 'left';
  brush.fillText(account.name, 0, 12);
  brush.textAlign = 'right';
  brush.fillText(account.mostName, edge, y(account.most) - 6);
  const below = y(0) + 17;
  brush.fillText(`${far} 步`, edge, below);
  brush.textAlign = 'center';
  brush.fillText(String(far / 2), x(far / 2), below);
}

/** 最后一次倒转之后，照原路回去的样子（虚线）和终点。 @param {CanvasRenderingContext2D} brush @param {Account} account @param {(v: number) => number} x @param {(v: number) => number} y @param {Record<string, string>} colors */
function backwards(brush, account, x, y, colors) {
  const { turns, values, stride, home } = account;
  const turn = turns[turns.length - 1];
  const since = turns.length > 1 ? turns[turns.length - 2] : 0;
  const path = [];
  for (let i = Math.floor(turn / stride); i >= 0 && i * stride >= since; i -= 1) {
    path.push([x(2 * turn - i * stride), y(values[i])]);
  }
  stroke(brush, path, colors['ink-faint'], [4, 4], 1.6);
  if (home === null) return;
  brush.beginPath();
  brush.arc(x(home), y(values[0]), 4.5, 0, 7);
  brush.fillStyle = colors.card;
  brush.fill();
  brush.strokeStyle = colors['ink-faint'];
  brush.setLineDash([]);
  brush.lineWidth = 1.6;
  brush.stroke();
}

/** @param {CanvasRenderingContext2D} brush @param {Account} account @param {(v: number) => number} x @param {(v: number) => number} y @param {string} color */
function curve(brush, account, x, y, color) {
  const path = Array.from(account.values, (value, i) => [x(i * account.stride), y(value)]);
  path.push([x(account.clock), y(account.now)]);
  stroke(brush, path, color, [], 2);
  brush.beginPath();
  brush.arc(x(account.clock), y(account.now), 4, 0, 7);
  brush.fillStyle = color;
  brush.fill();
}

/** @param {CanvasRenderingContext2D} brush @param {number[][]} path @param {string} color @param {number[]} dash @param {number} wide */
function stroke(brush, path, color, dash, wide) {
  brush.strokeStyle = color;
  brush.lineWidth = wide;
  brush.lineJoin = 'round';
  brush.setLineDash(dash);
  brush.beginPath();
  path.forEach(([px, py], i) => (i ? brush.lineTo(px, py) : brush.moveTo(px, py)));
  brush.stroke();
  brush.setLineDash([]);
}
