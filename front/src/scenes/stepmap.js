// @ts-check
/**
 * 所有的学习率，一眼看完：横着是学习率，竖着是第几步，颜色是离谷底还差多少。
 * 拖图上的环，旁边的谷里就走出那一列。颜色由 Python 算好，路由乘和减当场走出来。
 */
import { number } from '../lib/axes.js';
import { chart } from '../lib/descent/chart.js';
import { contour } from '../lib/descent/contour.js';
import { stepMap } from '../lib/descent/map.js';
import { clamp, curveOf, descend } from '../lib/descent/walk.js';
import { choiceField, html } from '../lib/fields.js';
import { palette } from '../lib/palette.js';
import '../style/stepmap.css';

const A_ROW = 90; // 播放时一步多少毫秒

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  let state = ctx.get();
  /** @type {any} */
  let scene = null;
  /** @type {Record<string, any>} */
  let grounds = {};
  let playing = 0;
  let colors = palette(stage);

  const spec = ctx.controls.find((/** @type {any} */ c) => c.name === 'ground');
  const pick = choiceField({
    label: spec.label, options: spec.options,
    onPick: (ground) => change({ ground, learning_rate: tidy(0.75 * grounds[ground].top), row: 12 }),
  });
  const map = stepMap({
    onMove: (rate, row) => change({ learning_rate: tidy(rate), row }),
  });
  const play = html('button', { type: 'button', class: 'ex-button' }, '从头走一遍');
  play.addEventListener('click', () => (playing ? stop() : start()));
  // 界线在哪里，先让读者自己找；找到了再标出来对一对。
  const edges = html('button', { type: 'button', class: 'ex-button' });
  edges.addEventListener('click', () => {
    state.edges = !state.edges;
    draw();
    ctx.set({ edges: state.edges });
  });
  const side = html('div', { class: 'sm-valley' });
  const valley = chart(side, '选中的学习率走过的路');
  const rings = contour(side, '选中的学习率走过的路，画在等高线上');
  const name = html('p', { class: 'sm-name' });
  const said = html('p', { class: 'sm-say', 'aria-live': 'polite' });
  const key = html('p', { class: 'sm-key' },
    ...[['right', '在谷底右边'], ['left', '在左边'], ['near', '到了'], ['far', '比起点远得多']].map(([look, word]) => (
      html('span', {}, html('i', { class: `sm-${look}` }), word))));
  const wrap = html('div', { class: 'sm' },
    html('div', { class: 'sm-top' }, pick.element, play, edges),
    html('div', { class: 'sm-board' }, html('div', {}, map.element, key), html('div', { class: 'sm-side' }, name, side, said)));
  stage.append(wrap);

  /** @param {Record<string, any>} changes */
  function change(changes) {
    stop();
    Object.assign(state, changes);
    draw();
    ctx.set(changes);
  }

  function stop() {
    playing = 0;
    play.textContent = '从头走一遍';
  }

  function start() {
    const id = (playing = performance.now());
    play.textContent = '停';
    const last = scene.rows;
    const begun = performance.now();
    const tick = (/** @type {number} */ now) => {
      if (playing !== id) return;
      const row = ctx.reducedMotion ? last : clamp(Math.floor((now - begun) / A_ROW), 0, last);
      if (row !== state.row) {
        state.row = row;
        draw();
      }
      if (row < last) requestAnimationFrame(tick);
      else change({ row });
    };
    state.row = 0;
    draw();
    requestAnimationFrame(tick);
  }

  /** 选中的那一列走过的路。 @param {any} ground @returns {number[][]} */
  function path(ground) {
    const { learning_rate: rate, row } = state;
    if (ground.curve) return descend(ground.curve, ground.curve.start, rate, 0, row).x.map((x) => [x]);
    const { hessian: [[a, b], [c, d]], centre, reach, start: from } = ground.plane;
    let [x, y] = from;
    const places = [[x, y]];
    for (let k = 0; k < row && Math.abs(x) <= reach && Math.abs(y) <= reach; k += 1) {
      const [u, v] = [x - centre[0], y - centre[1]];
      x -= rate * (a * u + b * v);
      y -= rate * (c * u + d * v);
      places.push([x, y]);
    }
    return places;
  }

  function draw() {
    if (!scene) return;
    const ground = grounds[state.ground];
    const places = path(ground);
    pick.update(state.ground);
    edges.textContent = state.edges ? '收起界线' : '标出界线';
    map.show(ground, state, colors);
    const flat = Boolean(ground.plane);
    valley.root.style.display = flat ? 'none' : '';
    rings.root.style.display = flat ? '' : 'none';
    name.textContent = `${(flat ? ground.plane : ground.curve).formula}，学习率 ${number(state.learning_rate)}，走 ${state.row} 步`;
    if (flat) rings.show(ground.plane, places);
    else {
      valley.show(ground.curve, valley.frame.width, valley.frame.height);
      valley.path(places.map((p) => p[0]), true);
    }
    if (playing) return;
    const text = sentence(ground, places);
    if (said.textContent !== text) said.textContent = text;
  }

  /** @param {any} ground @param {number[][]} places */
  function sentence(ground, places) {
    const last = places[places.length - 1];
    const { learning_rate: rate } = state;
    const out = ground.curve
      ? last[0] < ground.curve.low || last[0] > ground.curve.high
      : Math.max(Math.abs(last[0]), Math.abs(last[1])) > ground.plane.reach;
    const beyond = rate > ground.top ? `学习率 ${number(rate)} 在图的右边之外，那里全是墨色。` : '';
    if (out) return `${beyond}第 ${places.length - 1} 步飞出了画面，落在 ${last.map((v) => number(v)).join('，')}。再走下去，每一步都更远。`;
    const still = places.length > 1 && Math.abs(last[0] - places[places.length - 2][0]) < 1e-3;
    if (state.ground === 'wells') return `${beyond}走了 ${state.row} 步，${still ? '停在' : '走到'} ${number(last[0])}；最低的谷在 ${number(ground.curve.goal)}。${state.edges ? '这里不是抛物线，1/c 和 2/c 两条线只在谷底附近作数。' : ''}`;
    const parts = ground.strips.map((/** @type {any} */ strip) => {
      const factor = 1 - rate * strip.curvature;
      return `${ground.strips.length > 1 ? strip.label : '离谷底的距离'}乘 ${number(factor)}`;
    });
    const worst = ground.strips.reduce((/** @type {any} */ m, /** @type {any} */ s) => Math.max(m, Math.abs(1 - rate * s.curvature)), 0);
    const end = Math.abs(worst - 1) < 1e-9 ? '大小正好是 1，永远不会更近。' : worst < 1 ? '大小不到 1，会到。' : '有一个大小超过 1，越走越远。';
    return `每走一步，${parts.join('，')}。${end}`;
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width || !scene) return;
    const wide = width >= 760;
    wrap.classList.toggle('is-wide', wide);
    const right = wide ? Math.round(0.4 * width) : width;
    map.resize(wide ? width - right - 28 : width, wide ? 400 : 300);
    const ground = grounds.bowl;
    valley.show(ground.curve, right, wide ? 330 : Math.round(0.7 * right));
    rings.resize(right, wide ? 330 : Math.min(right, 320));
    draw();
  }

  return {
    /** @param {any} given */
    draw(given) {
      const first = !scene;
      scene = given;
      grounds = Object.fromEntries(Object.entries(given.grounds).map(([key, ground]) => [
        key, { ...ground, curve: ground.curve && curveOf(ground.curve) }]));
      map.use(given);
      if (first || (!map.dragging() && !playing)) state = ctx.get();
      if (first) resize();
      else draw();
    },
    resize,
    theme() {
      colors = palette(stage);
      map.forget();
      draw();
    },
    destroy() {
      playing = 0;
      map.destroy();
      wrap.remove();
    },
  };
}

/** 拖出来的学习率取到千分之五的格子上。 @param {number} rate */
function tidy(rate) {
  const fine = rate < 0.2 ? 2000 : 200;
  return Math.round(rate * fine) / fine;
}
