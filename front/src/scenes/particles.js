// @ts-check
/**
 * 熵能倒着走吗：左边是盒子里的粒子和它们的热力学的熵，右边是观察者心里的盒子和他的香农熵。
 * 两边各有一个按钮：「倒转速度」动粒子，「观察」动他知道的。
 */
import { number, svg } from '../lib/axes.js';
import { handle } from '../lib/drag.js';
import { choiceField, html } from '../lib/fields.js';
import { palette } from '../lib/palette.js';
import { drawAccount, reach } from '../lib/particles/account.js';
import { blob, blurOf, drawGas, drawMind } from '../lib/particles/boxes.js';
import { preview } from '../lib/particles/preview.js';
import '../style/particles.css';

const GRIDS = /** @type {[string, string][]} */ ([['1', '2 × 2'], ['2', '4 × 4'], ['3', '8 × 8']]);
const LARGEST = 400;
const GATHER = 300; // 毫秒：看一眼，雾收拢
const TALL = 148; // 曲线多高

/** 一边：名字、盒子、读数、曲线、按钮。 @param {string} name @param {string} button */
function column(name, button) {
  const box = /** @type {HTMLCanvasElement} */ (html('canvas', { 'aria-hidden': 'true' }));
  const plot = /** @type {HTMLCanvasElement} */ (html('canvas', { 'aria-hidden': 'true' }));
  const note = html('span', { class: 'pt-note' });
  const frame = html('div', { class: 'pt-box' }, box);
  const value = html('b');
  const more = html('span');
  const press = html('button', { type: 'button', class: 'ex-button' }, button);
  const acts = html('div', { class: 'pt-acts' }, press);
  const key = html('p', { class: 'pt-key' });
  const element = html('section', { class: 'pt-side' },
    html('h4', {}, name, note), frame, html('p', { class: 'pt-read' }, value, more), html('div', { class: 'pt-plot' }, plot), key, acts);
  return { element, box, plot, frame, note, value, more, key, press, acts };
}

/** 几选一的下拉单。 @param {any} spec @param {string} label @param {(value: string) => void} pick */
function select(spec, label, pick) {
  const element = /** @type {HTMLSelectElement} */ (html('select', { 'aria-label': spec.label },
    ...spec.options.map((/** @type {[string, string]} */ [value, name]) => html('option', { value }, name))));
  element.addEventListener('change', () => pick(element.value));
  return { element: html('label', {}, html('span', {}, label), element), select: element };
}

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let scene = null;
  /** 画着的：场景，或者读者拖成的样子。 @type {any} */
  let shown = null;
  /** @type {Record<string, string>} */
  let colors = {};
  /** @type {HTMLCanvasElement | null} */
  let soft = null;
  let size = 0;
  let small = 0;
  let queued = 0;
  let held = false; // 正在拖角
  let corner = /** @type {[number, number]} */ (ctx.get().corner);
  /** 看一眼之前的雾离新的雾多远，慢慢收拢。 @type {{from: Float64Array, begun: number} | null} */
  let gather = null;

  const spec = (/** @type {string} */ name) => ctx.controls.find((/** @type {any} */ c) => c.name === name);
  const world = column('盒子里的粒子', spec('reverse').label);
  const mind = column('观察者心里的蓝粒子', spec('observe').label);
  const hair = select(spec('hair'), '倒转时，蓝粒子', (value) => ctx.set({ hair: value }));
  const sight = select(spec('sight'), '看准到边长的', (value) => ctx.set({ sight: value }));
  world.acts.append(hair.element);
  mind.acts.append(sight.element);
  const power = html('sup');
  world.more.append('约 10', power, ' 种摆法');
  mind.more.append('还差这么多个是非题');
  const mark = (/** @type {string} */ look, /** @type {string} */ text) => html('span', {}, html('i', { class: `pt-mark is-${look}` }), text);
  world.key.append(mark('way', '照原路，该这样回去'), mark('home', '起点'));
  mind.key.append(mark('look', '看了一眼'));
  const mode = choiceField({ label: spec('mode').label, options: spec('mode').options, onPick: (value) => ctx.set({ mode: value }) });
  const grid = choiceField({ label: spec('grid').label, options: GRIDS, onPick: (value) => { ctx.set({ grid: Number(value) }); later(); } });
  const told = html('p', { class: 'pt-told', 'aria-live': 'polite' });
  mind.element.classList.add('is-mind');
  const wrap = html('div', { class: 'pt' },
    html('div', { class: 'pt-pair' }, world.element, mind.element), told,
    html('div', { class: 'pt-knobs' },
      html('div', {}, html('span', {}, '碰撞'), mode.element),
      html('div', {}, html('span', {}, '格子'), grid.element)));
  stage.append(wrap);

  const over = svg('svg', { class: 'pt-over' }, world.frame);
  const area = svg('rect', { class: 'pt-corner' }, over);
  const low = spec('corner').low;
  const grip = handle(over, {
    label: '粒子开始的角', x: corner[0], y: corner[1], step: 0.02, rangeX: [low, 1], rangeY: [low, 1],
    toPixel: (x, y) => [x * size, (1 - y) * size],
    fromPixel: (px, py) => [px / size, 1 - py / size],
    valueText: (x, y) => `宽是边长的 ${number(x)}，高是 ${number(y)}`,
    onStart: () => { held = true; },
    onMove: (x, y) => {
      corner = [Math.round(x * 100) / 100, Math.round(y * 100) / 100];
      look();
      place();
      ctx.set({ corner });
    },
    onEnd: () => { held = false; place(); },
  });

  /** 读者看着哪一步，就从哪一步起：还只有烘焙的画面时，先让 Python 走到那里。 @param {string} name */
  async function press(name) {
    if (ctx.live() === 'baked' && scene?.clock) await ctx.step(scene.clock);
    await ctx.act(name);
  }
  world.press.addEventListener('click', () => press('reverse'));
  mind.press.addEventListener('click', () => press('observe'));

  /** 角和场景对得上，就画场景；还没对上，先画读者拖成的样子。 */
  function look() {
    const same = corner[0] === scene.corner[0] && corner[1] === scene.corner[1];
    shown = same ? scene : preview(scene, corner);
    write();
    later();
  }

  // —— 画 ——

  function later() {
    queued ||= requestAnimationFrame(() => { queued = 0; render(); });
  }

  function render() {
    if (!shown || !size || !soft) return;
    const side = [2, 4, 8][ctx.get().grid - 1];
    drawGas(world.box, size, {
      places: shown.places.data, drift: shown.drift ? shown.drift.data : null, pillars: shown.pillars.data, touch: shown.touch,
    }, side, colors);
    drawMind(mind.box, small, fog(), side, colors, soft);
    accounts();
  }

  /** 现在的雾；刚看过一眼时，从原来的地方收拢过来。 */
  function fog() {
    const cloud = shown.cloud.data;
    if (!gather || gather.from.length !== cloud.length) return cloud;
    const t = (performance.now() - gather.begun) / GATHER;
    if (t >= 1) {
      gather = null;
      return cloud;
    }
    later();
    const rest = (1 - t) * (1 - t);
    const { from } = gather;
    return Float64Array.from(cloud, (/** @type {number} */ v, i) => v + rest * (from[i] - v));
  }

  /** 正倒着走，而且有来路可以走：倒转的时候还在起点的这一头。 */
  function back() {
    const { turns, clock, age, way } = shown;
    return turns.length > 0 && way < 0 && clock + age > turns[turns.length - 1];
  }

  function accounts() {
    const level = ctx.get().grid - 1;
    const { turns, looks, stride, clock } = shown;
    const many = shown.ways.shape[1];
    const turn = turns[turns.length - 1];
    const home = back() ? clock + shown.age : null;
    const far = reach(Math.max(clock, home ?? 0, turns.length ? 2 * turn : 0));
    const row = (/** @type {any} */ table) => table.data.subarray(level * many, (level + 1) * many);
    const common = { stride, clock, turns, home };
    drawAccount(world.plot, size, TALL, {
      ...common, values: row(shown.ways), now: shown.now.ways[level], most: shown.most[level],
      mostName: '散得最匀', name: '粒子的账：ln W（奈特）', looks: [], mirror: back(),
    }, colors.ink, colors, far);
    drawAccount(mind.plot, size, TALL, {
      ...common, values: row(shown.bits), now: shown.now.bits[level], most: 2 * (level + 1),
      mostName: '完全不知道', name: '观察者的账：H（比特）', looks, mirror: false,
    }, colors.blue, colors, far);
  }

  function write() {
    const values = ctx.get();
    const level = values.grid - 1;
    mode.update(values.mode);
    grid.update(String(values.grid));
    hair.select.value = values.hair;
    sight.select.value = values.sight;
    const { ways, tens, bits } = shown.now;
    world.value.textContent = `热力学的熵 ln W = ${number(ways[level])} 奈特`;
    power.textContent = String(tens[level]);
    world.more.hidden = ways[level] === 0; // 只有一种摆法。
    mind.value.textContent = `香农熵 H = ${number(bits[level])} 比特`;
    const whole = shown.hair === 'none';
    world.note.textContent = shown.left !== null ? `还有 ${shown.left} 步${whole ? '' : '就该'}回到起点`
      : shown.age < 0 ? `过了${whole ? '起点' : '该回到起点的时候'} ${-shown.age} 步` : '';
    // 还在起点，没有来路：这时不给倒转。
    world.press.disabled = shown.clock === 0;
    world.key.classList.toggle('is-away', !back());
    if (told.textContent !== scene.told) told.textContent = scene.told;
  }

  function place() {
    grip.move(...corner);
    const [w, h] = corner;
    const begun = shown && shown.clock > 0 && !held;
    over.classList.toggle('is-begun', Boolean(begun));
    for (const [name, v] of Object.entries({ x: 0, y: (1 - h) * size, width: w * size, height: h * size })) {
      area.setAttribute(name, v.toFixed(1));
    }
  }

  function resize() {
    const whole = ctx.width() || stage.clientWidth;
    if (!whole) return;
    const two = whole >= 620;
    wrap.classList.toggle('is-wide', two);
    size = Math.round(Math.min(two ? (whole - 40) / 2 : whole, LARGEST));
    small = two ? size : Math.round(whole * 0.44);
    wrap.style.setProperty('--box', `${size}px`);
    wrap.style.setProperty('--mind', `${small}px`);
    over.setAttribute('width', String(size));
    over.setAttribute('height', String(size));
    theme();
    place();
  }

  function theme() {
    colors = palette(stage);
    soft = size ? blob(blurOf(small), colors.blue) : null;
    later();
  }

  return {
    /** @param {any} next */
    draw(next) {
      const first = !scene;
      if (scene && next.clock === scene.clock && next.looks.length > scene.looks.length && !ctx.reducedMotion) {
        gather = { from: Float64Array.from(scene.cloud.data), begun: performance.now() };
      }
      scene = next;
      if (!held) corner = ctx.get().corner;
      look();
      if (first) resize();
      place();
    },
    resize,
    theme,
    destroy() {
      cancelAnimationFrame(queued);
      grip.destroy();
      wrap.remove();
    },
  };
}
