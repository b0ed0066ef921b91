// @ts-check
/** 左边：六百个点和一条直线。直线的两头可以拖，那就是起点。 */
import { dotPath, linePath, number, svg, ticks } from '../axes.js';
import { fit } from '../canvas.js';
import { handle } from '../drag.js';
import { put } from '../put.js';

const LEFT = -1.15;
const RIGHT = 2.15;
const LOW = -2.4;
const HIGH = 4.4;
const ENDS = [-0.85, 1.85]; // 两个手柄在横轴的哪里

/** 下一步听的几个样本各叫什么，两幅图里一样。 @param {number} k @param {number} count */
export function sampleName(k, count) {
  return count > 1 ? `样本${'甲乙丙'[k]}` : '下一步听它';
}

/** @param {{onMove: (slope: number, intercept: number) => void, onStart: () => void, onEnd: () => void}} options */
export function scatter(options) {
  const box = document.createElement('div');
  box.className = 'bt-box';
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  const area = /** @type {SVGSVGElement} */ (svg('svg', { role: 'group', 'aria-label': '六百个点和一条直线' }));
  box.append(canvas, area);
  let [width, height] = [320, 320];
  const px = (/** @type {number} */ x) => ((x - LEFT) / (RIGHT - LEFT)) * width;
  const py = (/** @type {number} */ y) => ((HIGH - y) / (HIGH - LOW)) * height;
  const texts = svg('g', { class: 'axes-text' }, area);
  const rests = svg('path', { class: 'bt-rest' }, area);
  const start = svg('path', { class: 'bt-start' }, area);
  const line = svg('path', { class: 'bt-fit' }, area);
  const many = svg('path', { class: 'bt-many' }, area);
  const few = [0, 1, 2].map((k) => svg('path', { class: `bt-few bt-few-${k}` }, area));
  const fewNames = [0, 1, 2].map((k) => svg('text', { class: `bt-name bt-few-${k}` }, area));
  const formula = svg('text', { class: 'bt-formula', 'text-anchor': 'end' }, area);
  /** 起点的那条线。 */
  let [slope, intercept] = [0, 0];
  const grips = ENDS.map((x, k) => handle(area, {
    label: k ? '直线右边的一头' : '直线左边的一头', x, y: 0, axis: 'y', step: 0.1,
    toPixel: (a, b) => [px(a), py(b)],
    fromPixel: (_, q) => [x, HIGH - (q / height) * (HIGH - LOW)],
    valueText: (_, y) => `高 ${number(y)}，斜率 ${number(slope)}，截距 ${number(intercept)}`,
    rangeY: [LOW, HIGH],
    onMove: (_, y) => {
      const other = slope * ENDS[1 - k] + intercept;
      const [y0, y1] = k ? [other, y] : [y, other];
      const a = (y1 - y0) / (ENDS[1] - ENDS[0]);
      options.onMove(a, y0 - a * ENDS[0]);
    },
    onStart: options.onStart,
    onEnd: options.onEnd,
  }));
  let key = '';

  /** @param {number} w @param {number} h @param {any} scene @param {Record<string, string>} colors */
  function backdrop(w, h, scene, colors) {
    const wanted = [w, h, colors.card].join();
    if (wanted === key) return;
    key = wanted;
    [width, height] = [w, h];
    area.setAttribute('width', String(w));
    area.setAttribute('height', String(h));
    const brush = fit(canvas, w, h);
    brush.fillStyle = colors['ink-faint'];
    brush.globalAlpha = 0.55;
    const [x, y] = [scene.x.data, scene.y.data];
    for (let i = 0; i < x.length; i += 1) {
      brush.beginPath();
      brush.arc(px(x[i]), py(y[i]), w > 300 ? 1.9 : 1.5, 0, 7);
      brush.fill();
    }
    brush.globalAlpha = 1;
    texts.replaceChildren();
    for (const v of ticks(LEFT + 0.4, RIGHT - 0.4, 4)) svg('text', { x: px(v), y: h - 7, 'text-anchor': 'middle' }, texts).textContent = number(v);
    svg('text', { x: w - 8, y: h - 7, 'text-anchor': 'end' }, texts).textContent = 'x';
    svg('text', { x: 7, y: 16 }, texts).textContent = 'y';
    for (const v of ticks(LOW + 0.5, HIGH - 0.5, 4)) svg('text', { x: 7, y: py(v) + 4 }, texts).textContent = number(v);
  }

  /** @param {number} a @param {number} b */
  const across = (a, b) => linePath([px(LEFT), py(a * LEFT + b), px(RIGHT), py(a * RIGHT + b)]);

  /**
   * @param {any} scene @param {number[]} from 起点（斜率，截距） @param {number[]} at 现在的
   */
  function draw(scene, from, at) {
    [slope, intercept] = from;
    grips.forEach((grip, k) => grip.move(ENDS[k], slope * ENDS[k] + intercept));
    const moved = Math.abs(at[0] - from[0]) + Math.abs(at[1] - from[1]) > 1e-9;
    put(start, 'd', across(slope, intercept));
    put(start, 'visibility', moved ? 'visible' : 'hidden');
    put(line, 'd', across(at[0], at[1]));
    const which = scene.next.which.data;
    const [x, y] = [scene.x.data, scene.y.data];
    /** @type {number[]} */
    const pixels = [];
    let rest = '';
    for (const i of which) {
      pixels.push(px(x[i]), py(y[i]));
      rest += linePath([px(x[i]), py(y[i]), px(x[i]), py(at[0] * x[i] + at[1])]);
    }
    const whole = scene.batch > which.length;
    put(rests, 'd', whole ? '' : rest);
    put(many, 'd', which.length > 3 && !whole ? dotPath(pixels) : '');
    put(formula, 'x', String(width - 10));
    put(formula, 'y', '22');
    formula.textContent = `现在的直线：y = ${number(at[0])} x ${at[1] < 0 ? '−' : '+'} ${number(Math.abs(at[1]))}`;
    fewNames.forEach((node, k) => {
      const shown = which.length <= 3 && k < which.length;
      put(node, 'visibility', shown ? 'visible' : 'hidden');
      if (!shown) return;
      const [x0, y0] = [pixels[2 * k], pixels[2 * k + 1]];
      const right = x0 < width - 80;
      node.textContent = sampleName(k, which.length);
      put(node, 'text-anchor', right ? 'start' : 'end');
      put(node, 'x', (x0 + (right ? 11 : -11)).toFixed(1));
      // 字写在离开直线的那一头，不压着误差的竖线。
      put(node, 'y', Math.max(38, Math.min(height - 24, y0 + (y0 > py(at[0] * x[which[k]] + at[1]) ? 14 : -8))).toFixed(1));
    });
    few.forEach((node, k) => put(node, 'd', which.length <= 3 && k < which.length ? dotPath(pixels.slice(2 * k, 2 * k + 2)) : ''));
  }

  return { element: box, backdrop, draw, destroy: () => grips.forEach((grip) => grip.destroy()) };
}
