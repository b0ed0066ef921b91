// @ts-check
/** 两张小图：损失一步一步怎么降；每位选手用每个学习率各要几步。 */
import { linePath, number, svg } from '../axes.js';
import { handle } from '../drag.js';
import { sheet, ten } from '../smallplot.js';
import { ME, mark } from './marks.js';

const OVER = 1.18; // 没到的贴在最大步数上面一点的地方
/** 损失图：竖着是高出谷底多少（按十倍走）。 */
export function lossPlot() {
  const part = sheet('损失一步一步怎么降', '步');
  const goal = svg('path', { class: 'rc-goal' }, part.lines);
  const level = svg('text', { class: 'rc-goal-text', 'text-anchor': 'end' }, part.lines);
  const lines = Array.from({ length: ME + 1 }, (_, k) => svg('path', { class: `rc-line rc-${k}` }, part.lines));
  const heads = Array.from({ length: ME + 1 }, (_, k) => mark(part.lines, k, 4.5));
  const below = svg('text', { class: 'rc-goal-text', 'text-anchor': 'end' }, part.lines);
  const { frame } = part;
  return {
    element: part.area,
    /** @param {number} width @param {number} height @param {any} ground @param {number} steps */
    resize(width, height, ground, steps) {
      const up = /** @type {[number, string][]} */ ([]);
      for (let p = ground.low; p <= ground.top; p += 2) up.push([(p - ground.low) / (ground.top - ground.low), ten(p)]);
      const across = /** @type {[number, string][]} */ ([0, 0.25, 0.5, 0.75].map((u) => [u, String(u * steps)]));
      part.update(width, height, across, up);
      const y = frame.y(ground.goal_height).toFixed(1);
      goal.setAttribute('d', `M${frame.x(0)} ${y}H${frame.x(1)}`);
      level.textContent = number(ground.goal);
      level.setAttribute('x', (frame.x(0) - 8).toFixed(1));
      level.setAttribute('y', (Number(y) + 4).toFixed(1));
      below.textContent = '这条线以下就算到';
      below.setAttribute('x', frame.x(1).toFixed(1));
      below.setAttribute('y', (Number(y) - 7).toFixed(1));
    },
    /** @param {Float32Array} heights @param {number} steps @param {number} at @param {boolean[]} shown @param {number} focus */
    draw(heights, steps, at, shown, focus) {
      const whole = Math.floor(at);
      for (let k = 0; k <= ME; k += 1) {
        const visible = shown[k] ? 'visible' : 'hidden';
        lines[k].setAttribute('visibility', visible);
        heads[k].setAttribute('visibility', visible);
        if (!shown[k]) continue;
        const base = k * (steps + 1);
        const pixels = [];
        for (let i = 0; i <= whole; i += 1) pixels.push(frame.x(i / steps), frame.y(heights[base + i]));
        if (at > whole) {
          const h = heights[base + whole] + (at - whole) * (heights[base + whole + 1] - heights[base + whole]);
          pixels.push(frame.x(at / steps), frame.y(h));
        }
        lines[k].setAttribute('d', linePath(pixels));
        const [hx, hy] = pixels.slice(-2);
        heads[k].setAttribute('transform', `translate(${hx.toFixed(1)} ${hy.toFixed(1)})`);
        for (const node of [lines[k], heads[k]]) {
          node.classList.toggle('is-pale', focus >= 0 && focus !== k);
          node.classList.toggle('is-focus', focus === k);
        }
      }
    },
  };
}

/**
 * 扫描图：横着是学习率（按十倍走），竖着是几步到；到不了的贴在顶上，飞出去的断开。
 * @param {{onRate: (index: number) => void, onStart: () => void, onEnd: () => void}} options
 */
export function sweepPlot(options) {
  const part = sheet('用每个学习率各要几步', '学习率');
  const { frame } = part;
  const rule = svg('path', { class: 'rc-rule' }, part.lines);
  const lines = Array.from({ length: ME }, (_, k) => svg('path', { class: `rc-line rc-${k}` }, part.lines));
  const marks = Array.from({ length: ME + 1 }, (_, k) => mark(part.lines, k));
  /** @type {number[]} */
  let rates = [];
  const grip = handle(part.area, {
    label: '学习率', x: 0, y: 0, axis: 'x', step: 1,
    toPixel: (x) => [frame.x(x / Math.max(1, rates.length - 1)), frame.y(0)],
    fromPixel: (px) => [frame.at(px) * (rates.length - 1), 0],
    valueText: (x) => `学习率 ${rates[Math.round(x)] ?? ''}`,
    onMove: (x) => options.onRate(Math.max(0, Math.min(rates.length - 1, Math.round(x)))),
    onStart: options.onStart,
    onEnd: options.onEnd,
  });

  return {
    element: part.area,
    grip,
    /** @param {number} width @param {number} height @param {any} scene */
    resize(width, height, scene) {
      rates = Array.from(scene.rates.data, (/** @type {number} */ r) => Number(r.toPrecision(3)));
      const across = /** @type {[number, string][]} */ ([]);
      for (let i = 0; i < 0.88 * (rates.length - 1); i += 10) across.push([i / (rates.length - 1), String(rates[i])]);
      const { length: steps } = scene;
      part.update(width, height, across, [[0, '0'], [0.5 / OVER, String(steps / 2)], [1 / OVER, String(steps)], [1, '没到']]);
    },
    /** @param {any} scene @param {string} mode @param {number} at 学习率是第几个 @param {boolean[]} shown @param {number} focus */
    draw(scene, mode, at, shown, focus) {
      const { length: steps } = scene;
      const count = rates.length;
      const sweep = scene.sweep.data;
      const x = (/** @type {number} */ i) => frame.x(i / (count - 1));
      const y = (/** @type {number} */ s) => frame.y(s > steps ? 1 : s / steps / OVER);
      for (let k = 0; k < ME; k += 1) {
        let path = '';
        let pen = false;
        for (let i = 0; i < count; i += 1) {
          const s = sweep[k * count + i];
          if (s > steps + 1) {
            pen = false;
            continue;
          }
          path += `${pen ? 'L' : 'M'}${x(i).toFixed(1)} ${y(s).toFixed(1)}`;
          pen = true;
        }
        lines[k].setAttribute('d', path);
        lines[k].classList.toggle('is-pale', focus >= 0 && focus !== k);
        lines[k].classList.toggle('is-focus', focus === k);
      }
      const run = mode === 'same' ? scene.same : scene.fair;
      for (let k = 0; k <= ME; k += 1) {
        const who = k === ME ? scene.mine : k;
        const index = k === ME ? at : run.chosen[k];
        const s = sweep[who * count + index];
        const seen = shown[k] && s <= steps + 1;
        marks[k].setAttribute('visibility', seen ? 'visible' : 'hidden');
        marks[k].setAttribute('transform', `translate(${x(index).toFixed(1)} ${y(s).toFixed(1)})`);
        marks[k].classList.toggle('is-pale', focus >= 0 && focus !== k);
      }
      const free = mode !== 'fair';
      grip.show(free);
      grip.move(at, 0);
      rule.setAttribute('d', free ? `M${x(at).toFixed(1)} ${frame.y(1)}V${frame.y(0)}` : '');
    },
  };
}
