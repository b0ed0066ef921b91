// @ts-check
/**
 * 把概率画成面积：左边的方块被先验竖切一刀、被两个似然各横切一刀，三条边都能拖；
 * 深色的两块拿出来，拼满右边的方块，蓝的占多宽，后验就是多少。
 */
import { alike } from '../lib/alike.js';
import { number, svg } from '../lib/axes.js';
import { handle } from '../lib/drag.js';
import { choiceField, html, sliderField } from '../lib/fields.js';
import { areas, pieces } from '../lib/square-parts.js';
import '../style/square.css';

const MARGIN = 40; // 方块四周留给手柄和字
const HEAD = 66;
const ROUND = 100; // 拖出来的数取两位小数

/** @typedef {import('../lib/square-parts.js').Three} Three */
/** @typedef {{x: number, y: number, side: number}} Frame 方块的左下角（像素）和边长 */

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let data = null;
  let values = ctx.get();
  /** 画着的三个数和走到哪里；动的时候和 values 不同。 */
  let drawn = { prior: values.prior, likely: values.likely, unlikely: values.unlikely, lift: values.lift };
  /** @type {Frame} */
  let home = { x: MARGIN, y: 300, side: 240 };
  /** @type {Frame} */
  let away = { x: 400, y: 300, side: 240 };
  let dragging = false;
  let moving = 0;

  const area = svg('svg', { class: 'square-svg', role: 'group', 'aria-label': '两个方块：看到证据之前和之后' });
  const left = svg('path', { class: 'square-frame' }, area);
  const right = svg('path', { class: 'square-frame is-after' }, area);
  const pale = [svg('path', { class: 'square-pale is-yes' }, area), svg('path', { class: 'square-pale is-no' }, area)];
  const holes = [svg('path', { class: 'square-hole is-yes' }, area), svg('path', { class: 'square-hole is-no' }, area)];
  const solid = [svg('path', { class: 'square-solid is-no' }, area), svg('path', { class: 'square-solid is-yes' }, area)];
  const edges = svg('path', { class: 'square-edges' }, area);
  const words = svg('g', { class: 'square-words', 'aria-hidden': 'true' }, area);
  const texts = Array.from({ length: 9 }, () => svg('text', {}, words));

  const common = { onStart: () => { dragging = true; moving = 0; }, onEnd: () => { dragging = false; draw(); } };
  const up = (/** @type {number} */ v) => `${number(v)}`;
  const handles = {
    prior: handle(area, {
      label: '先验：竖着的一刀', x: values.prior, y: 0, axis: 'x', step: 0.01, rangeX: [0.01, 0.99], ...common,
      toPixel: (x) => [home.x + x * home.side, home.y - home.side - 14],
      fromPixel: (px) => [(px - home.x) / home.side, 0],
      valueText: (x) => `先验 ${number(x)}`,
      onMove: (x) => change({ prior: tidy(x) }),
    }),
    likely: handle(area, {
      label: '左边横着的一刀', x: 0, y: values.likely, axis: 'y', step: 0.01, rangeY: [0.01, 1], ...common,
      toPixel: (_x, y) => [home.x - 14, home.y - y * home.side],
      fromPixel: (_px, py) => [0, (home.y - py) / home.side],
      valueText: (_x, y) => `左边的似然 ${up(y)}`,
      onMove: (_x, y) => change({ likely: tidy(y) }),
    }),
    unlikely: handle(area, {
      label: '右边横着的一刀', x: 0, y: values.unlikely, axis: 'y', step: 0.01, rangeY: [0, 1], ...common,
      toPixel: (_x, y) => [home.x + home.side + 14, home.y - y * home.side],
      fromPixel: (_px, py) => [0, (home.y - py) / home.side],
      valueText: (_x, y) => `右边的似然 ${up(y)}`,
      onMove: (_x, y) => change({ unlikely: tidy(y) }),
    }),
  };

  const said = html('p', { class: 'square-say', 'aria-live': 'polite' });
  const sum = html('p', { class: 'square-sum' });
  const lift = sliderField({
    label: '拿出来', name: '把深色的两块拿出来，再放大', low: 0, high: 2, step: 0.01,
    text: (v) => (v === 0 ? '在方块里' : v < 1 ? '正在拿' : v === 1 ? '拿出来了' : v < 2 ? '正在放大' : '放大到 1'),
    onInput: (v) => change({ lift: v }),
  });
  const play = html('button', { type: 'button', class: 'ex-button' }, '从头拿一遍');
  play.addEventListener('click', () => {
    drawn.lift = 0;
    glide({ ...drawn, lift: 2 }, 2200);
    values = { ...values, lift: 2 };
    ctx.set({ lift: 2 });
  });
  const story = choiceField({
    label: '例子', options: ctx.controls.find((/** @type {any} */ c) => c.name === 'story').options,
    onPick: (value) => {
      const [prior, likely, unlikely] = data.stories[value].values.data;
      const next = { story: value, prior: tidy(prior), likely: tidy(likely), unlikely: tidy(unlikely) };
      values = { ...values, ...next };
      glide({ ...drawn, ...three(values) }, 400);
      ctx.set(next);
    },
  });
  const wrap = html('div', { class: 'square' }, story.element, html('div', { class: 'square-picture' }, area),
    html('div', { class: 'square-lift' }, lift.element, play), sum, said);
  stage.append(wrap);

  /** @param {Record<string, number>} changes */
  function change(changes) {
    moving = 0;
    values = { ...values, ...changes };
    drawn = { ...three(values), lift: values.lift };
    draw();
    ctx.set(changes);
  }

  /** 走到 target。 @param {typeof drawn} target @param {number} time */
  function glide(target, time) {
    if (ctx.reducedMotion) {
      moving = 0;
      drawn = target;
      draw();
      return;
    }
    const from = { ...drawn };
    const id = (moving = Math.floor(performance.now() * 1000) + 1);
    const begun = performance.now();
    const tick = (/** @type {number} */ now) => {
      if (moving !== id) return;
      const t = Math.min(1, Math.max(0, (now - begun) / time));
      const f = t * t * (3 - 2 * t);
      for (const key of /** @type {(keyof typeof drawn)[]} */ (Object.keys(drawn))) drawn[key] = from[key] + f * (target[key] - from[key]);
      if (t === 1) {
        moving = 0;
        drawn = { ...target };
      }
      draw();
      if (t < 1) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  // —— 画 ——

  /** 方块里的一块（左、下、宽、高，以边长为 1）→ 路径。 @param {Frame} f @param {number} x @param {number} y @param {number} w @param {number} h */
  function piece(f, x, y, w, h) {
    const [l, b] = [f.x + x * f.side, f.y - y * f.side];
    return `M${l.toFixed(1)} ${b.toFixed(1)}h${(w * f.side).toFixed(1)}v${(-h * f.side).toFixed(1)}h${(-w * f.side).toFixed(1)}Z`;
  }

  function draw() {
    if (!data) return;
    const { prior, likely, unlikely } = drawn;
    const s = home.side;
    left.setAttribute('d', piece(home, 0, 0, 1, 1));
    right.setAttribute('d', piece(away, 0, 0, 1, 1));
    pale[0].setAttribute('d', piece(home, 0, likely, prior, 1 - likely));
    pale[1].setAttribute('d', piece(home, prior, unlikely, 1 - prior, 1 - unlikely));
    holes[0].setAttribute('d', piece(home, 0, 0, prior, likely));
    holes[1].setAttribute('d', piece(home, prior, 0, 1 - prior, unlikely));
    const unit = { x: 0, y: 0, side: s };
    const [yes, no] = pieces(drawn, drawn.lift, [home.x / s, -home.y / s], [away.x / s, -away.y / s]);
    solid[1].setAttribute('d', piece(unit, yes.x, yes.y, yes.w, yes.h));
    solid[0].setAttribute('d', piece(unit, no.x, no.y, no.w, no.h));
    edges.setAttribute('d', `M${(home.x + prior * s).toFixed(1)} ${home.y}V${home.y - s - 6}`
      + `M${home.x - 6} ${(home.y - likely * s).toFixed(1)}H${(home.x + prior * s).toFixed(1)}`
      + `M${(home.x + prior * s).toFixed(1)} ${(home.y - unlikely * s).toFixed(1)}H${home.x + s + 6}`);
    handles.prior.move(prior, 0);
    handles.likely.move(0, likely);
    handles.unlikely.move(0, unlikely);
    label();
    write();
  }

  /** @param {number} i @param {string} text @param {number} x @param {number} y @param {string} look @param {string} anchor */
  function put(i, text, x, y, look, anchor) {
    const node = texts[i];
    node.textContent = text;
    node.setAttribute('class', `square-word ${look}`);
    node.setAttribute('x', x.toFixed(1));
    node.setAttribute('y', y.toFixed(1));
    node.setAttribute('text-anchor', anchor);
  }

  function label() {
    const { prior, likely, unlikely } = three(values);
    const { yes, no, sign } = data.stories[values.story];
    const { posterior } = areas(drawn);
    const [top, s] = [home.y - home.side, home.side];
    put(0, '看到证据之前', home.x + s / 2, top - 52, 'is-title', 'middle');
    put(1, `只留下${sign}的`, away.x + s / 2, away.y - s - 52, 'is-title', 'middle');
    put(2, `${yes} ${number(prior)}`, home.x - 6, top - 32, 'is-yes', 'start');
    put(3, `${no} ${number(1 - prior)}`, home.x + s + 6, top - 32, 'is-no', 'end');
    put(4, `${yes}时${sign} ${number(likely)}`, home.x - 6, home.y + 20, 'is-yes', 'start');
    put(5, `${no}时${sign} ${number(unlikely)}`, home.x + s + 6, home.y + 20, 'is-no', 'end');
    const grown = drawn.lift > 1.5;
    put(6, grown ? `${yes} ${number(posterior)}` : '', away.x - 6, away.y - s - 12, 'is-yes is-strong', 'start');
    put(7, grown ? `${no} ${number(1 - posterior)}` : '', away.x + s + 6, away.y - s - 12, 'is-no', 'end');
    put(8, drawn.lift > 0.5 && drawn.lift <= 1.5 ? `高 ${number(areas(drawn).sum)}` : '', away.x + s / 2, away.y + 20, '', 'middle');
  }

  function write() {
    const t = three(values);
    const { yes, no, sum: both, posterior } = areas(t);
    const { yes: name, sign } = data.stories[values.story];
    // 边一拖，就不再是那个现成的例子了；再点一下，回到它。
    story.update(alike([t.prior, t.likely, t.unlikely], data.stories[values.story].values.data) ? values.story : '');
    lift.update(Number(drawn.lift.toFixed(2)));
    sum.innerHTML = '';
    sum.append(html('b', { class: 'is-yes' }, `${number(t.prior)} × ${number(t.likely)}`), ' ÷ （',
      html('b', { class: 'is-yes' }, `${number(t.prior)} × ${number(t.likely)}`), ' ＋ ',
      html('b', { class: 'is-no' }, `${number(1 - t.prior)} × ${number(t.unlikely)}`), '） ＝ ',
      html('b', {}, number(posterior)));
    if (dragging || moving) return;
    const text = sentence(t, yes, no, both, posterior, name, sign);
    if (said.textContent !== text) said.textContent = text;
  }

  /** @param {Three} t @param {number} yes @param {number} no @param {number} both @param {number} posterior @param {string} name @param {string} sign */
  function sentence(t, yes, no, both, posterior, name, sign) {
    if (values.lift === 1) return `深色的两块并排放好，宽是 1，高就是${sign}的概率 ${number(both)}。`;
    if (values.lift < 1) return '深色的两块是看到证据的那部分世界，浅色的都不会发生了。';
    if (t.likely === t.unlikely) return `左右两刀一样高：${sign}对谁都一样，看了等于没看，左右两个方块切在同一个地方。`;
    if (no === 0) return `右边没有深色：只要${sign}，就一定${name}。`;
    const way = posterior > t.prior ? '变宽' : '变窄';
    return `看到${sign}，「${name}」从 ${number(t.prior)} ${way}到 ${number(posterior)}。${compare(t, yes - no)}`;
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width) return;
    const wide = width >= 600;
    const side = Math.floor(wide ? Math.min(380, (width - 4 * MARGIN - 20) / 2) : Math.min(260, width - 2 * MARGIN));
    const step = Math.max(2 * MARGIN + 20, (width - 2 * side) / 2);
    const first = wide ? Math.max(MARGIN, (width - 2 * side - Math.min(step, 160)) / 2) : Math.round((width - side) / 2);
    home = { x: Math.round(first), y: HEAD + side, side };
    away = wide ? { x: Math.round(width - first - side), y: HEAD + side, side } : { x: home.x, y: 2 * side + 2 * HEAD + 36, side };
    area.setAttribute('width', String(width));
    area.setAttribute('height', String(away.y + 30));
    draw();
  }

  return {
    /** @param {any} scene */
    draw(scene) {
      const first = !data;
      data = scene;
      values = ctx.get();
      if (first) {
        drawn = { ...three(values), lift: values.lift };
        resize();
      } else if (!dragging && !moving) {
        const target = { ...three(values), lift: values.lift };
        const same = Object.keys(target).every((key) => target[/** @type {keyof typeof target} */ (key)] === drawn[/** @type {keyof typeof drawn} */ (key)]);
        if (same) draw();
        else glide(target, 300);
      }
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

/**
 * 两块谁大，是谁的宽、谁的高使然。0.25 × 0.9 和 0.75 × 0.3 是一样大的，乘出来却差在第十七位。
 * @param {Three} t @param {number} more 蓝的比橙的大多少
 */
function compare(t, more) {
  const equal = Math.abs(more) < 1e-9;
  const [high, narrow] = [t.likely > t.unlikely, t.prior < 0.5];
  if (equal) return `${high && narrow ? '蓝的窄而高，橙的宽而矮，' : ''}两块面积正好一样大。`;
  if (more > 0) return '蓝的面积比橙的大。';
  return high && narrow ? '蓝的高，却太窄；橙的矮，却宽。' : '橙的面积比蓝的大。';
}

/** @param {any} values @returns {Three} */
function three({ prior, likely, unlikely }) {
  return { prior, likely, unlikely };
}

/** @param {number} v */
function tidy(v) {
  return Math.round(v * ROUND) / ROUND;
}
