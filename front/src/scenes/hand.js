// @ts-check
/**
 * 亲手弯一张橡皮膜：读者拖两个基向量、原点和一条直线，试着把圆盘和圆环分开；
 * 然后得到五种本事。位置由给定的矩阵、平移和 Python 的表当场算出，不等 Python。
 */
import { number } from '../lib/axes.js';
import { handle } from '../lib/drag.js';
import { html } from '../lib/fields.js';
import { picture, TURN } from '../lib/hand/picture.js';
import {
  between, controlsOf, effective, judge, limit, matrixFor, picksOf, poseOf, power, same, slidersFor, tablesOf, tidy, warp,
} from '../lib/hand/pose.js';
import { bet, sentence, sidePanel } from '../lib/hand/side.js';
import '../style/hand.css';

/** @typedef {import('../lib/hand/pose.js').Pose} Pose */
/** @typedef {import('../lib/hand/pose.js').Pair} Pair */

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  let pose = poseOf(ctx.get());
  let picks = picksOf(ctx.get());
  let azimuth = 24;
  /** @type {any} */
  let data = null;
  let tries = 0;
  /** 每种本事的最好成绩。 @type {Record<string, number>} */
  let best = {};
  /** @type {import('../lib/hand/pose.js').Score} */
  let score = { wrong: 0, side: 1, which: [[], [], [], []] };
  let moving = 0; // 正在进行的动画的编号
  let dragging = false;

  const spec = (/** @type {string} */ name) => ctx.controls.find((/** @type {any} */ c) => c.name === name);
  const image = picture();
  const side = sidePanel(spec('activation').options, {
    change, bendBy, cutBy, toFive, backToMatrix,
    typed: ({ effective: wanted, ...changes }) => {
      ctx.note('');
      change(wanted ? arrowsAt(wanted) : changes);
    },
    bad: (text) => ctx.note(text),
    tried: () => { tries += 1; },
    again: () => ctx.act('again'),
  });
  const betSaid = html('span', {});
  const said = html('p', { class: 'hand-say', 'aria-live': 'polite' });
  const wrap = html('div', { class: 'hand' },
    html('div', { class: 'hand-bet' }, betSaid, side.bet),
    html('div', { class: 'hand-board' }, html('div', { class: 'hand-picture' }, image.svg, said), side.element));
  stage.append(wrap);

  // —— 画 ——

  function draw() {
    if (!data) return;
    const mapped = warp(data.points, pose, picks, data);
    score = judge(mapped, pose, picks, data);
    const kind = power(pose, picks);
    best[kind] = Math.min(best[kind] ?? Infinity, score.wrong);
    image.draw({ pose, picks, data, score, azimuth }, mapped);
    placeHandles();
    write();
  }

  function write() {
    const state = { pose, picks, data, score, azimuth };
    side.write(state, tries, best);
    const [asked, open] = bet(state, tries, spec('bet').label);
    if (betSaid.textContent !== asked) betSaid.textContent = asked;
    side.bet.hidden = !open;
    if (dragging || moving) return;
    const text = sentence(state, tries, best);
    if (said.textContent !== text) said.textContent = text;
  }

  function placeHandles() {
    const flat = pose.lift === 0;
    const [a, b, c, d] = effective(pose, data);
    const [u, v] = pose.offset;
    handles.first.move(u + a, v + c);
    handles.second.move(u + b, v + d);
    handles.origin.move(u, v);
    handles.start.move(...pose.start);
    handles.end.move(...pose.end);
    handles.blade.move(0, pose.height);
    handles.spin.move(azimuth, 0);
    for (const h of [handles.first, handles.second, handles.origin]) h.show(flat);
    for (const h of [handles.start, handles.end]) h.show(flat && picks.cut === 'line');
    handles.blade.show(picks.cut === 'sheet' && pose.lift > 0.3);
    handles.spin.show(pose.lift > 0.5);
  }

  // —— 动 ——

  /** 立刻改，并告诉 Python。 @param {Partial<Pose>} changes @param {Record<string, any>} [also] */
  function change(changes, also = {}) {
    moving = 0;
    Object.assign(pose, changes);
    picks = { ...picks, ...also };
    draw();
    ctx.set({ ...controlsOf(changes), ...also });
  }

  /** 用 300 毫秒（或给定的时间）走到 ``target``。 @param {Pose} target @param {number} [time] @param {() => void} [then] */
  function glide(target, time = 300, then) {
    const from = structuredClone(pose);
    if (ctx.reducedMotion || same(from, target)) {
      moving = 0;
      pose = structuredClone(target);
      draw();
      then?.();
      return;
    }
    const id = (moving = Math.floor(performance.now() * 1000) + 1);
    const begun = performance.now();
    const tick = (/** @type {number} */ now) => {
      if (moving !== id) return;
      const t = Math.min(1, Math.max(0, (now - begun) / time));
      const eased = t * t * (3 - 2 * t);
      pose = t < 1 ? between(from, target, eased) : structuredClone(target);
      if (t === 1) moving = 0;
      draw();
      if (t < 1) requestAnimationFrame(tick);
      else then?.();
    };
    requestAnimationFrame(tick);
  }

  /** 换了一批点：旧点走到新点的位置上去。 @param {ArrayLike<number>} points @param {ArrayLike<number>} heights @param {any} scene */
  function travel(points, heights, scene) {
    const begun = performance.now();
    const [to, up] = [scene.points.data, scene.heights.data];
    data.points = points;
    const tick = (/** @type {number} */ now) => {
      if (moving < 0) return;
      const t = Math.min(1, Math.max(0, (now - begun) / 300));
      const mix = (/** @type {ArrayLike<number>} */ a, /** @type {ArrayLike<number>} */ b) =>
        t < 1 ? Float64Array.from(b, (v, i) => a[i] + t * t * (3 - 2 * t) * (v - a[i])) : b;
      Object.assign(data, { points: mix(points, to), heights: mix(heights, up) });
      if (t === 1) best = {};
      draw();
      if (t < 1) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  const ends = {
    onStart: () => { dragging = true; },
    onEnd: () => {
      dragging = false;
      tries += 1;
      write();
    },
  };
  const flatPlace = {
    toPixel: (/** @type {number} */ x, /** @type {number} */ y) => /** @type {Pair} */ ([image.view().x(x), image.view().y(y)]),
    fromPixel: (/** @type {number} */ px, /** @type {number} */ py) => image.view().at(px, py),
    rangeX: /** @type {Pair} */ ([-2.12, 2.12]),
    rangeY: /** @type {Pair} */ ([-2.12, 2.12]),
  };

  /** 箭头要到 ``wanted``：有五种本事的时候，缩放和旋转的滑杆跟着走。 @param {number[]} wanted */
  function arrowsAt(wanted) {
    return picks.powers ? slidersFor(wanted, pose, data) : { matrix: matrixFor(wanted, pose, data) };
  }

  /** @param {number} column */
  const tip = (column) => (/** @type {number} */ x, /** @type {number} */ y) => {
    const now = effective(pose, data);
    now[column] = limit(x - pose.offset[0], 3);
    now[column + 2] = limit(y - pose.offset[1], 3);
    change(arrowsAt(now));
  };

  /** 直线的一端挪到 (x, y)，但不许和另一端贴在一起。 @param {'start' | 'end'} which */
  const lineEnd = (which) => (/** @type {number} */ x, /** @type {number} */ y) => {
    const other = which === 'start' ? pose.end : pose.start;
    const [dx, dy] = [x - other[0], y - other[1]];
    if (dx * dx + dy * dy < 0.09) return;
    change({ [which]: [tidy(x), tidy(y)] });
  };

  const handles = {
    start: handle(image.svg, { label: '直线的一端', x: 0, y: 0, ...flatPlace, ...ends, onMove: lineEnd('start') }),
    end: handle(image.svg, { label: '直线的另一端', x: 0, y: 0, ...flatPlace, ...ends, onMove: lineEnd('end') }),
    first: handle(image.svg, { label: '第一个箭头 i 的尖', name: 'i', x: 1, y: 0, ...flatPlace, ...ends, onMove: tip(0) }),
    second: handle(image.svg, { label: '第二个箭头 j 的尖', name: 'j', x: 0, y: 1, ...flatPlace, ...ends, onMove: tip(1) }),
    origin: handle(image.svg, {
      label: '原点（平移整张膜）', x: 0, y: 0, ...flatPlace, ...ends,
      onMove: (x, y) => change({ offset: [tidy(x), tidy(y)] }),
    }),
    blade: handle(image.svg, {
      label: '图里的刀', x: 0, y: 0.3, axis: 'y', step: 0.02, rangeY: [0.02, 0.98], ...ends,
      toPixel: (_, h) => {
        const { x, top, bottom } = image.rail;
        return [x, bottom + h * (top - bottom)];
      },
      fromPixel: (px, py) => {
        const { top, bottom } = image.rail;
        return [0, (py - bottom) / (top - bottom)];
      },
      valueText: (_, h) => `高度 ${number(h)}`,
      onMove: (_, h) => change({ height: tidy(h) }),
    }),
    spin: handle(image.svg, {
      label: '转着看', x: 24, y: 0, axis: 'x', step: 5, rangeX: [-90, 90],
      toPixel: (degrees) => [image.view().x((degrees / 90) * TURN), image.view().height - 24],
      fromPixel: (px) => [(image.view().at(px, 0)[0] / TURN) * 90, 0],
      valueText: (degrees) => `转了 ${number(degrees)} 度`,
      onMove: (degrees) => turnTo(degrees),
    }),
  };

  /** @param {number} degrees */
  function turnTo(degrees) {
    azimuth = Math.max(-90, Math.min(90, degrees));
    draw();
  }

  // 抬起来以后，在画面任何地方横着拖都能转着看；竖着划照常滚动页面。
  /** @type {null | {x: number, from: number}} */
  let turning = null;
  image.svg.addEventListener('pointerdown', (event) => {
    if (pose.lift < 0.5 || event.button > 0) return;
    turning = { x: event.clientX, from: azimuth };
  });
  image.svg.addEventListener('pointermove', (event) => {
    if (turning) turnTo(turning.from + (event.clientX - turning.x) * 0.4);
  });
  for (const name of ['pointerup', 'pointercancel', 'pointerleave']) {
    image.svg.addEventListener(name, () => { turning = null; });
  }

  /** 慢慢走过去，走到了再告诉 Python。 @param {Partial<Pose>} changes @param {Record<string, any>} [also] */
  function slideTo(changes, also = {}) {
    picks = { ...picks, ...also };
    glide({ ...structuredClone(pose), ...changes }, 900, () => change(changes, also));
  }

  /** 换一种切法：用平面切就把膜抬起来，用直线切就放平。 @param {string} how */
  function cutBy(how) {
    if (how === 'sheet') slideTo({ lift: 1 }, { cut: 'sheet' });
    else if (pose.lift === 0) change({}, { cut: 'line' });
    else slideTo({ lift: 0 }, { cut: 'line' });
  }

  /** 换一种弯法；还没弯就顺便弯给读者看。 @param {string} activation */
  function bendBy(activation) {
    change({}, { activation });
    if (pose.bend === 0) slideTo({ bend: 1 });
  }

  function toFive() {
    change(slidersFor(effective(pose, data), pose, data), { powers: true });
  }

  function backToMatrix() {
    const matrix = effective(pose, data).map((v) => limit(tidy(v), 3));
    change({ scale: 1, turn: 0, bend: 0, lift: 0, matrix }, { powers: false, cut: 'line' });
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width) return;
    const wide = width >= 700;
    wrap.classList.toggle('is-wide', wide);
    const size = Math.round(wide ? Math.min(600, width - 340) : Math.min(width, 560));
    image.resize(size);
    draw();
  }

  return {
    /** @param {any} scene */
    draw(scene) {
      const values = ctx.get();
      const first = !data;
      const points = scene.points.data;
      const changed = !first && (points.length !== data.points.length || points.some((/** @type {number} */ v, /** @type {number} */ i) => Math.abs(v - data.points[i]) > 1e-6));
      if (changed) best = {};
      // 表每次都换成新的：Python 里的函数改了，画面就得跟着改。
      data = { ...data, ...tablesOf(scene) };
      image.measure(data.hill);
      if (changed && points.length === data.points.length && !ctx.reducedMotion) {
        travel(data.points, data.heights, scene);
      } else Object.assign(data, { points, heights: scene.heights.data });
      Object.assign(data, { labels: scene.labels.data, floor: scene.floor });
      if (first) {
        pose = poseOf(values);
        picks = picksOf(values);
        resize();
        return;
      }
      if (dragging || moving) {
        draw(); // 读者的手和正在走的动画说了算，走完自会告诉 Python
        return;
      }
      const target = poseOf(values);
      picks = picksOf(values);
      if (same(pose, target)) draw();
      else glide(target);
    },
    resize,
    theme() {},
    destroy() {
      moving = -1;
      for (const h of Object.values(handles)) h.destroy();
      wrap.remove();
    },
  };
}
