// @ts-check
/** 谁先到谷底：七位选手从读者拖来的起点出发。路线、损失和扫描都是 Python 算好的。 */
import { el } from '../dom.js';
import { number } from '../lib/axes.js';
import { choiceField } from '../lib/fields.js';
import { palette } from '../lib/palette.js';
import { board } from '../lib/race/board.js';
import { map } from '../lib/race/map.js';
import { ME } from '../lib/race/marks.js';
import { between, follow, spaced, unpack } from '../lib/race/paths.js';
import { lossPlot, sweepPlot } from '../lib/race/plots.js';
import '../style/race.css';

const TWEEN = 350; // 毫秒：路线从旧的走到新的
const PATIENCE = 250; // 毫秒：Python 多久没答，跟不上的路线才变淡
const PACE = 22; // 每秒走几步
const RULES = /** @type {[string, string][]} */ ([['fair', '各用各的最好'], ['same', '都用一样的'], ['mine', '我来调']]);

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let data = null;
  let rule = ctx.get().rule;
  let start = /** @type {[number, number]} */ (ctx.get().start);
  let at = 0; // 共用的学习率是第几个
  let walked = ctx.get().walked;
  let focus = -1;
  let dragging = false;
  let playing = 0;
  let tween = 0;
  let late = 0;
  /** @type {number | null} */
  let angle = null;
  /** 读者自己最少用过几步，按地形和起点分开记。 @type {Map<string, number>} */
  const records = new Map();
  /** @type {{paths: Float32Array, heights: Float32Array} | null} */
  let now = null;
  let colors = palette(stage);
  let width = 0;

  const picture = map({
    onStart: () => { dragging = true; tween = 0; },
    onEnd: () => { dragging = false; },
    onMove: (x, y) => moveStart([Math.round(x * 100) / 100, Math.round(y * 100) / 100]),
  });
  const loss = lossPlot();
  const sweep = sweepPlot({
    onStart: () => { dragging = true; },
    onEnd: () => { dragging = false; },
    onRate: (index) => {
      if (index === at) return;
      at = index;
      ctx.set({ rate: rates()[at] });
      draw();
    },
  });
  const list = board({ onFocus: (k) => { focus = focus === k ? -1 : k; draw(); } });
  const pick = choiceField({ label: '学习率怎么定', options: RULES, onPick: (value) => {
    rule = value;
    ctx.set({ rule });
    slide();
  } });
  const means = el('p', { class: 'rc-means' });
  const told = el('p', { class: 'rc-told', 'aria-live': 'polite' });
  const verdict = el('p', { class: 'rc-verdict', 'aria-live': 'polite' });
  const back = el('button', { type: 'button', class: 'ex-button' });
  back.addEventListener('click', () => {
    at = data.safe[rule === 'mine' ? 1 : 0];
    ctx.set({ rate: rates()[at] });
    draw();
  });
  const go = el('button', { type: 'button', class: 'ex-button primary' }, '开跑');
  go.addEventListener('click', () => (playing ? stop() : play()));
  const scrub = /** @type {HTMLInputElement} */ (el('input', { type: 'range', min: '0', max: '100', step: '1', 'aria-label': '走到第几步' }));
  const count = el('output', { class: 'rc-count' });
  scrub.addEventListener('input', () => {
    stop();
    walked = Number(scrub.value);
    draw();
  });
  scrub.addEventListener('change', () => ctx.set({ walked: Math.round(walked) }));
  const wrap = el('div', { class: 'rc' },
    el('div', { class: 'rc-left' }, picture.element, el('div', { class: 'rc-go' }, go, scrub, count), told),
    el('div', { class: 'rc-right' }, pick.element, means, list.element, verdict),
    el('div', { class: 'rc-small' }, el('p', { class: 'rc-caption' }, '每一步高出谷底多少'), loss.element),
    el('div', { class: 'rc-small' }, el('p', { class: 'rc-caption' }, '用这个学习率，几步到', back), sweep.element));
  stage.append(wrap);

  const rates = () => Array.from(data.rates.data, (/** @type {number} */ r) => Number(r.toPrecision(3)));
  const shown = () => Array.from({ length: ME + 1 }, (_, k) => k < ME || rule === 'mine');
  const heat = () => (rule === 'same' ? data.same : data.fair);

  function slide() {
    const to = unpack(data, heat());
    if (!now || ctx.reducedMotion || dragging) {
      tween = 0;
      now = to;
      draw();
      return;
    }
    const from = now;
    const begun = performance.now();
    const turn = (tween = begun + 1);
    const tick = (/** @type {number} */ time) => {
      if (tween !== turn) return;
      const f = Math.max(0, Math.min(1, (time - begun) / TWEEN));
      const s = f * f * (3 - 2 * f);
      now = between(from, to, s);
      if (f === 1) tween = 0;
      draw();
      if (f < 1) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /** 拖起点：箭头当场跟上；梯度是一次函数时，三条路线也当场跟上，别的等 Python。 @param {[number, number]} to */
  function moveStart(to) {
    start = to;
    if (data.maps && now && rule === 'fair') now = follow(now, data, start);
    ctx.set({ start });
    track(); // 两幅小图和名次等 Python 的答复再变
  }

  // —— 跑 ——

  function play() {
    if (ctx.reducedMotion) {
      walked = walked >= data.length ? 0 : data.length;
      draw();
      return;
    }
    let last = performance.now();
    if (walked >= data.length) walked = 0;
    const turn = (playing = last);
    go.textContent = '暂停';
    const tick = (/** @type {number} */ time) => {
      if (playing !== turn) return;
      walked = Math.min(data.length, walked + (PACE * Math.max(0, time - last)) / 1000);
      last = time;
      draw();
      if (walked < data.length) requestAnimationFrame(tick);
      else stop();
    };
    requestAnimationFrame(tick);
  }

  function stop() {
    if (!playing) return;
    playing = 0;
    go.textContent = '开跑';
    walked = Math.round(walked);
    ctx.set({ walked });
    draw();
  }

  // —— 画和写 ——

  /** Python 过了一会儿还没答，跟不上的路线就先变淡；答得快就不闪。 @param {boolean} behind */
  function waitFor(behind) {
    if (!behind) {
      clearTimeout(late);
      late = 0;
      wrap.classList.remove('is-stale');
    } else late ||= window.setTimeout(() => wrap.classList.add('is-stale'), PATIENCE);
  }

  /** 跟着起点变的：等高线图上的路线和箭头。 */
  function track() {
    if (!data || !now || !width) return;
    waitFor(Math.abs(data.at[0] - start[0]) + Math.abs(data.at[1] - start[1]) > 1e-6);
    picture.run(now.paths, data.length, walked, shown(), focus);
    angle = picture.point(start[0], start[1]);
    told.textContent = angle === null ? '这里是平的，没有下坡的方向。'
      : angle < 1 ? '这一处，最陡的下坡正好指着谷底。'
        : `最陡的下坡（洋红）和谷底的方向差 ${number(angle, angle < 10 ? 1 : 3)} 度。`;
  }

  function draw() {
    if (!data || !now || !width) return;
    wrap.classList.toggle('is-mine', rule === 'mine' && focus < 0);
    track();
    const visible = shown();
    loss.draw(now.heights, data.length, walked, visible, focus);
    sweep.draw(data, rule, at, visible, focus);
    scrub.value = String(Math.round(walked));
    count.textContent = `第 ${Math.round(walked)} 步`;
    scrub.setAttribute('aria-valuetext', `第 ${Math.round(walked)} 步`);
    write();
  }

  function write() {
    pick.update(rule);
    const { length: steps } = data;
    const from = heat();
    const all = Array.from({ length: ME + 1 }, (_, k) => {
      const one = k === ME ? data.same : from;
      const who = k === ME ? data.mine : k;
      return {
        name: k === ME ? '你' : data.names[k],
        rate: number(rates()[k === ME || rule === 'same' ? at : one.chosen[k]]),
        arrived: one.arrived[who], left: one.left[who],
        height: one.heights.data[who * (steps + 1) + steps], shown: k < ME || rule === 'mine',
      };
    });
    const order = [...from.order];
    if (rule === 'mine') {
      const me = all[ME];
      const place = order.findIndex((k) => me.arrived < all[k].arrived || (me.arrived > steps && me.arrived === all[k].arrived && me.height < all[k].height));
      order.splice(place < 0 ? order.length : place, 0, ME);
    }
    list.update(all, order, steps, focus);
    const gone = rule !== 'fair' && all.some((one, k) => (rule === 'same' ? k < ME : k === ME) && one.left <= steps);
    back.hidden = !gone;
    if (gone) back.textContent = `退回 ${number(rates()[data.safe[rule === 'mine' ? 1 : 0]])}`;
    verdict.textContent = spaced(sentence(all, order));
  }

  /** @param {any[]} all @param {number[]} order */
  function sentence(all, order) {
    const { length: steps } = data;
    const first = all[order[0]];
    if (rule === 'mine') {
      const me = all[ME];
      const key = [data.ground.name, ...data.at].join();
      if (me.arrived <= steps) records.set(key, Math.min(me.arrived, records.get(key) ?? Infinity));
      const best = records.get(key);
      const so = best === undefined ? '还没到过。' : `最快到过 ${best} 步。`;
      return `你是带动量的梯度下降：拖下面的竖线定学习率，动量系数也能调。${so}`;
    }
    if (first.arrived > steps) return '一个也没到谷底。换个学习率，再跑一次。';
    const winners = order.map((k) => all[k]).filter((one) => one.arrived === first.arrived).map((one) => one.name);
    const who = winners.length > 1 ? `${winners.join('、')}并列先到` : `${first.name}先到`;
    if (rule === 'fair') return `每位都用「几步到」图里自己最低的那一点，${who}。换个起点，换块地形，名次还会变。`;
    return `都用 ${first.rate}，${who}。这个名次是学习率挑的，不是方法挑的：看到这样的比较，先问学习率怎么定。`;
  }

  function resize() {
    const given = ctx.width() || stage.clientWidth;
    if (!given || !data) return;
    width = given;
    const wide = width >= 700;
    wrap.classList.toggle('is-wide', wide);
    means.textContent = `到：从这一步起，高出谷底都不超过 ${number(data.ground.goal)}（绿圈里）。`;
    const side = Math.round(wide ? Math.min(460, width * 0.5) : Math.min(width, 520));
    picture.backdrop(side, colors);
    const small = Math.round(wide ? (width - 32) / 2 : width);
    loss.resize(small, 190, data.ground, data.length);
    sweep.resize(small, 190, data);
    draw();
  }

  return {
    /** @param {any} scene */
    draw(scene) {
      const values = ctx.get();
      const first = !data;
      const moved = !first && scene.ground.name !== data.ground.name;
      data = scene;
      picture.take(scene.ground, scene.degrees);
      scrub.max = String(scene.length);
      if (!dragging) {
        start = scene.at;
        rule = values.rule;
        at = nearest(values.rate);
      }
      if (!playing) walked = first || document.activeElement !== scrub ? values.walked : walked;
      if (first || moved) {
        now = unpack(data, heat());
        resize();
      } else slide();
    },
    resize,
    theme() {
      colors = palette(stage);
      resize();
    },
    destroy() {
      playing = 0;
      tween = 0;
      clearTimeout(late);
      picture.destroy();
      sweep.grip.destroy();
      wrap.remove();
    },
  };

  /** 离 ``rate`` 最近的是第几个学习率（按比例）。 @param {number} rate */
  function nearest(rate) {
    const all = rates();
    let best = 0;
    all.forEach((r, i) => { if (Math.max(r / rate, rate / r) < Math.max(all[best] / rate, rate / all[best])) best = i; });
    return best;
  }
}
