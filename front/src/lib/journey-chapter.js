// @ts-check
/** 书里的全程图：左边输入平面和判断，右边走到第 s 处的同一张纸，下面是各层的缩略图。 */
import { el } from '../dom.js';
import { number } from './axes.js';
import { fit } from './canvas.js';
import { Net, mesh, station } from './net.js';
import { palette } from './palette.js';
import { Paper } from './paper.js';
import { placing } from './placing.js';
import { scrubber } from './scrubber.js';
import { gridLines } from './sheet.js';
import { dots } from './sheet/marks.js';
import { camera, offerTurn, project, turnable } from './view3d.js';
import '../style/network.css';

const THUMB = 25; // 缩略图的格点数
const SELDOM = 150; // 训练时一帧接一帧，缩略图隔这么多毫秒才重画一次

/** @param {HTMLElement} stage @param {any} ctx */
export default function chapter(stage, ctx) {
  stage.classList.add('jn', 'jn-chapter');
  /** @param {string} className @param {...(Node|string)} children */
  const box = (className, ...children) => el('div', { class: className }, ...children);
  const inputCanvas = /** @type {HTMLCanvasElement} */ (el('canvas', { 'aria-hidden': 'true' }));
  const spaceCanvas = /** @type {HTMLCanvasElement} */ (el('canvas', { 'aria-hidden': 'true' }));
  const curveCanvas = /** @type {HTMLCanvasElement} */ (el('canvas', { 'aria-hidden': 'true' }));
  const plane = box('jn-plane', inputCanvas);
  const turner = el('div', { class: 'jn-turn' }, spaceCanvas);
  const tools = box('jn-tools');
  const counts = el('p', { class: 'jn-counts' });
  const caption = el('p', { class: 'jn-caption' });
  const aside = el('p', { class: 'jn-aside' });
  const thumbs = box('jn-thumbs');
  const readings = box('jn-readings', counts, curveCanvas);
  const left = box('jn-left', el('h4', {}, '输入平面'), box('jn-pair', plane, readings), tools);
  const right = box('jn-right', el('h4', {}, '走到半路的同一张纸'), turner, caption);
  stage.append(left, right);

  const input = new Paper(inputCanvas, { reduced: () => ctx.reducedMotion, dot: 3.4, fixed: true });
  const space = new Paper(spaceCanvas, { reduced: () => ctx.reducedMotion, dot: 3.8 });
  /** @type {any} */
  let scene = null;
  let known = 0; // 上次知道的 position
  let mine = -1e4; // 读者上次放手是几时
  let shape = '';
  /** @type {Record<string, string>} */
  let colors = {};
  /** @type {HTMLCanvasElement[]} */
  let small = [];
  // 宽度只在大小变了的时候量：每一帧都量，浏览器就每一帧都重新排版。
  let thumbSide = 64;
  let curveWidth = 100;
  let painted = -SELDOM; // 缩略图上次是几时画的
  let waiting = 0;

  const scrub = scrubber(right, {
    label: '沿着网络走到哪里', grip: '拖我',
    onMove: (s) => { space.go(s); tell(); },
    onEnd: () => {
      known = scrub.value();
      mine = performance.now();
      ctx.set({ position: known });
    },
    text: (s) => words(s),
  });
  right.append(thumbs, aside);
  const pen = placing(plane, tools, {
    get: () => ctx.get().points,
    set: (points) => { ctx.set({ points }); },
    at: (px, py) => input.at(px, py),
    pixel: (x, y) => [input.frame.x + x * input.frame.scale, input.frame.y - y * input.frame.scale],
    reach: 1.25, limit: 300,
    onTool: (tool) => {
      stage.classList.toggle('is-editing', tool !== '');
      size();
    },
  });
  turnable(turner, space.eye, () => space.later());

  /** 走到第 s 处，这里在做什么。 @param {number} s */
  function words(s) {
    if (!scene) return '';
    const { sizes, activation_name: bend, activation } = scene.net;
    const depth = scene.net.layers.length;
    if (s <= 0) return '起点：输入平面，2 维';
    if (s >= 1) {
      if (!scene.count) return '终点：还没有点';
      const what = sizes[depth] > 2 ? '一个平面' : '一条直线';
      return scene.wrong ? `终点：${what}还分错 ${scene.wrong} 个` : `终点：${what}分开了两种颜色`;
    }
    const { layer, part } = station(s, depth);
    const from = sizes[layer];
    const to = sizes[layer + 1];
    const dims = from === to ? `${from} 维里拉、转` : `${from} 维 → ${to} 维`;
    const bent = activation === 'identity' ? '不弯，原样通过' : `弯：每个坐标过一遍 ${bend}`;
    return `第 ${layer + 1} 层 · ${[`乘矩阵：${dims}`, '平移：加上偏置', bent][part]}`;
  }

  function tell() {
    if (!scene) return;
    const s = scrub.value();
    caption.textContent = words(s);
    const { layer, part } = station(s, scene.net.layers.length);
    const widths = scene.net.sizes;
    const here = part === 0 && s < 1 ? Math.max(widths[layer], widths[layer + 1]) : widths[layer + 1];
    const wide = s > 0 && here > 3;
    const solid = space.net ? space.net.tilt(s) > 0.02 : false;
    aside.textContent = wide
      ? `${here} 维画不下：这是它落在 3 个方向上的影子，看着叠在一起的，在 ${here} 维里不一定真叠着。${solid ? '可以拖着转。' : ''}`
      : solid ? '这里是三维的，可以拖着转。' : scene.note || '';
    if (scene.product) aside.textContent = productWords(scene.product);
    offerTurn(turner, space.eye, solid, '转动视角，用方向键');
    small.forEach((node, k) => node.parentElement?.classList.toggle('is-here', Math.round(s * (small.length - 1)) === k));
  }

  /** @param {any} product */
  function productWords(product) {
    const w = product.weight.data;
    const rows = product.weight.shape[0];
    const text = Array.from({ length: rows }, (_, r) => `${number(w[2 * r])}，${number(w[2 * r + 1])}`).join('；');
    const b = Array.from(product.bias.data, (/** @type {number} */ v) => number(v)).join('，');
    return `${scene.net.sizes.length - 1} 个矩阵乘起来是一个矩阵 [${text}]，偏置 [${b}]。`
      + `一层一层算和一次算，最多差 ${tiny(product.difference)}，只是舍入。`;
  }

  /** 很小的数：1.2×10⁻⁷。 @param {number} value */
  function tiny(value) {
    if (value === 0) return '0';
    const [head, power] = value.toExponential(1).split('e');
    const raised = String(Number(power)).replace('-', '⁻').replace(/\d/g, (d) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(d)]);
    return `${head}×10${raised}`;
  }

  // —— 缩略图和每层的宽度 ——

  function buildThumbs() {
    const depth = scene.net.layers.length;
    const key = scene.net.sizes.join('-');
    if (key === shape) return;
    shape = key;
    small = [];
    thumbs.replaceChildren();
    const spec = ctx.controls.find((/** @type {any} */ c) => c.name === 'depth');
    for (let k = 0; k <= depth; k += 1) {
      const canvas = /** @type {HTMLCanvasElement} */ (el('canvas', { 'aria-hidden': 'true' }));
      small.push(canvas);
      const go = el('button', { type: 'button', class: 'jn-thumb', title: k ? `走到第 ${k} 层之后` : '回到输入' }, canvas,
        el('span', {}, k ? `第 ${k} 层` : '输入'));
      go.addEventListener('click', () => scrub.glide(k / depth, ctx.reducedMotion));
      const column = box('jn-column', go);
      if (k) {
        const width = ctx.controls.find((/** @type {any} */ c) => c.name === `width${k}`);
        const select = /** @type {HTMLSelectElement} */ (el('select', { 'aria-label': `第 ${k} 层的宽度`, 'data-control': `width${k}` }));
        for (let w = width.low; w <= width.high; w += 1) select.append(el('option', { value: String(w) }, `${w} 维`));
        select.value = String(scene.net.sizes[k]);
        select.addEventListener('change', () => ctx.set({ [`width${k}`]: Number(select.value) }));
        column.append(select);
      } else column.append(el('span', { class: 'jn-fixed' }, '2 维'));
      thumbs.append(column);
    }
    const less = el('button', { type: 'button', class: 'ex-button jn-depth', 'aria-label': '少一层' }, '−');
    const more = el('button', { type: 'button', class: 'ex-button jn-depth', 'aria-label': '多一层' }, '+');
    less.toggleAttribute('disabled', depth <= spec.low);
    more.toggleAttribute('disabled', depth >= spec.high);
    less.addEventListener('click', () => ctx.set({ depth: depth - 1 }));
    more.addEventListener('click', () => ctx.set({ depth: depth + 1 }));
    thumbs.append(box('jn-column jn-layers', box('jn-updown', more, less), el('span', { class: 'jn-fixed' }, '层数')));
    measure();
  }

  /** 缩略图不必每一帧都重画；最后一帧总会画上。 */
  function paintThumbsSoon() {
    const rest = painted + SELDOM - performance.now();
    if (rest <= 0) paintThumbs();
    else waiting ||= window.setTimeout(paintThumbs, rest);
  }

  function paintThumbs() {
    clearTimeout(waiting);
    waiting = 0;
    painted = performance.now();
    const net = new Net(scene.net);
    const lattice = net.trace(mesh(THUMB, scene.net.reach));
    const points = net.trace(scene.points.data);
    small.forEach((canvas, k) => {
      const side = thumbSide;
      const s = k / net.depth;
      const eye = camera();
      eye.tilt = k && net.widths[k] > 2 ? 1 : 0;
      const sight = net.sight(points, s);
      const reach = k ? sight.reach * (1 + 0.28 * eye.tilt) : 1.3;
      const frame = { x: side / 2, y: side / 2, scale: side / (2 * reach), reach, centre: sight.centre };
      const brush = fit(canvas, side, side);
      brush.strokeStyle = colors['ink-faint'];
      brush.globalAlpha = 0.7;
      brush.lineWidth = 0.7;
      gridLines(brush, project(eye, net.place(lattice, s), frame), THUMB, 4);
      brush.globalAlpha = 1;
      dots(brush, project(eye, net.place(points, s), frame), scene.labels.data, colors, { size: 1.7 });
    });
  }

  // —— 读数 ——

  function paintCurve() {
    const width = curveWidth;
    const height = 56;
    const brush = fit(curveCanvas, width, height);
    const curve = scene.curve.data;
    const top = curve.reduce((/** @type {number} */ m, /** @type {number} */ v) => Math.max(m, v), 0.1);
    brush.strokeStyle = colors.rule;
    brush.lineWidth = 1;
    brush.beginPath();
    brush.moveTo(0, height - 0.5);
    brush.lineTo(width, height - 0.5);
    brush.stroke();
    if (curve.length < 2) return;
    brush.strokeStyle = colors.ink;
    brush.lineWidth = 1.6;
    brush.lineJoin = 'round';
    brush.beginPath();
    for (let i = 0; i < curve.length; i += 1) {
      const x = (i / Math.max(40, curve.length - 1)) * (width - 4) + 2;
      const y = height - 3 - (curve[i] / top) * (height - 8);
      if (i) brush.lineTo(x, y);
      else brush.moveTo(x, y);
    }
    brush.stroke();
  }

  function size() {
    const whole = stage.clientWidth || 320;
    const narrow = whole < 620;
    stage.classList.toggle('is-narrow', narrow);
    const half = narrow ? whole : Math.floor((whole - 28) / 2);
    const editing = stage.classList.contains('is-editing');
    const side = narrow ? (editing ? whole : Math.round(whole * 0.5)) : half;
    input.resize(side, narrow && !editing ? side : Math.min(side, 440));
    space.resize(half, narrow ? Math.round(half * 0.86) : Math.min(half, 440));
    measure();
    if (scene) {
      paintCurve();
      paintThumbs();
    }
    pen.update();
  }

  function measure() {
    curveWidth = Math.max(60, readings.clientWidth);
    const column = small[0]?.parentElement?.clientWidth;
    if (column) thumbSide = Math.max(40, Math.min(84, column - 4));
  }

  function theme() {
    colors = palette(stage);
    input.paint(colors);
    space.paint(colors);
    if (scene) {
      paintCurve();
      paintThumbs();
    }
  }

  size();
  theme();
  return {
    /** @param {any} next */
    draw(next) {
      const first = !scene;
      scene = next;
      scrub.layers(next.net.layers.length);
      const wanted = ctx.get().position;
      // 刚放手的一小会儿里，路上的旧答复不许把手柄拉回去。
      if (first || (Math.abs(wanted - known) > 1e-9 && performance.now() - mine > 500)) {
        scrub.show(wanted);
        space.go(wanted);
      }
      if (performance.now() - mine > 500) known = wanted;
      input.show(next);
      space.show(next);
      buildThumbs();
      paintThumbsSoon();
      paintCurve();
      counts.replaceChildren(
        el('b', {}, next.count ? `分错 ${next.wrong} 个` : '没有点'), next.count ? `（共 ${next.count} 个）` : '',
        el('span', {}, next.loss === null ? '还没有开始学' : `损失 ${number(next.loss)}`));
      pen.update();
      tell();
    },
    resize: size,
    theme,
    destroy() {
      clearTimeout(waiting);
      scrub.destroy();
      input.destroy();
      space.destroy();
    },
  };
}
