// @ts-check
/**
 * 把一个矩阵拆成三步：转、拉（行列式为负时再翻一个面）、转。滑杆沿着 Python 给的路走；
 * 拖箭头时纸面当场跟着变，拆出来的数字要等 Python。
 */
import { picture } from '../lib/decompose/picture.js';
import { close, sidePanel } from '../lib/decompose/side.js';
import { handle } from '../lib/drag.js';
import { html } from '../lib/fields.js';
import '../style/decompose.css';

/** @typedef {[number, number]} Pair */

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let data = null;
  /** 现在的矩阵拆开的样子；刚拖过、Python 还没答时是 null。 @type {any} */
  let split = null;
  let matrix = ctx.get().matrix.flat();
  let at = Number(ctx.get().stage);
  /** 画着的 3×2 矩阵：前两行在纸面里，第三行是离开纸面的高度。 */
  let shown = [1, 0, 0, 1, 0, 0];
  let moving = 0;
  let dragging = false;
  const image = picture();
  const side = sidePanel({ goTo, walk, change, note: (text) => ctx.note(text), at: () => at });
  const wrap = html('div', { class: 'apart' }, html('div', { class: 'apart-picture' }, image.svg), side.element);
  stage.append(wrap);

  // —— 走到第几步是什么矩阵 ——

  /** @param {number} where 0 到 3 @returns {number[]} */
  function along(where) {
    if (!split) return [...matrix, 0, 0];
    const count = split.path.shape[0] - 1;
    const place = (where / 3) * count;
    const k = Math.min(Math.floor(place), count - 1);
    const t = place - k;
    const path = split.path.data;
    return [0, 1, 2, 3, 4, 5].map((i) => (1 - t) * path[6 * k + i] + t * path[6 * (k + 1) + i]);
  }

  // —— 画 ——

  function draw() {
    if (!data) return;
    const now = { data, split, matrix, at, shown, dragging };
    image.draw(now);
    handles.first.move(matrix[0], matrix[2]);
    handles.second.move(matrix[1], matrix[3]);
    // 还没走到头时，环留在两个箭头最后要去的地方。
    for (const h of Object.values(handles)) h.element.classList.toggle('is-goal', at !== 3);
    side.write(now, ctx.live());
  }

  // —— 动 ——

  /** 从画着的样子走到 ``target``。 @param {() => number[]} target @param {number} time @param {(t: number) => void} [each] */
  function glide(target, time, each) {
    const from = [...shown];
    if (ctx.reducedMotion) {
      moving = 0;
      each?.(1);
      shown = target();
      draw();
      return;
    }
    const id = (moving = Math.floor(performance.now() * 1000) + 1);
    const begun = performance.now();
    const tick = (/** @type {number} */ now) => {
      if (moving !== id) return;
      const t = Math.min(1, Math.max(0, (now - begun) / time));
      const eased = t * t * (3 - 2 * t);
      if (t === 1) moving = 0;
      each?.(each === undefined ? t : eased);
      const to = target();
      shown = each ? to : from.map((v, i) => v + eased * (to[i] - v));
      draw();
      if (t < 1) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /** 滑杆走到 ``where``。 @param {number} where */
  function goTo(where) {
    moving = 0;
    at = where;
    shown = along(at);
    draw();
    ctx.set({ stage: where });
  }

  /** 自己走：从 ``from`` 走到 ``to``。 @param {number} from @param {number} to @param {number} time */
  function walk(from, to, time) {
    if (!split) return;
    at = from;
    shown = along(at);
    glide(() => along(at), time, (t) => {
      at = t === 1 ? to : from + t * (to - from);
      if (t === 1) ctx.set({ stage: to });
    });
  }

  /** 换一个矩阵；``known`` 是已经拆好的（几个现成的例子），没有就等 Python。 @param {number[]} next @param {any} [known] */
  function change(next, known) {
    const before = split;
    matrix = next.map(tidy);
    split = known ?? [data, ...data.presets].find((p) => close(matrix, p.matrix.data)) ?? null;
    if (!split) at = 3;
    if (known && before !== split) glide(() => along(at), 400);
    else {
      moving = 0;
      shown = along(at);
      draw();
    }
    ctx.set({ matrix: [[matrix[0], matrix[1]], [matrix[2], matrix[3]]], ...(split ? {} : { stage: 3 }) });
  }

  /** @param {number} column */
  const tip = (column) => (/** @type {number} */ x, /** @type {number} */ y) => {
    const next = [...matrix];
    next[column] = x;
    next[column + 2] = y;
    change(next);
  };
  const place = {
    toPixel: (/** @type {number} */ x, /** @type {number} */ y) => /** @type {Pair} */ ([image.view().x(x), image.view().y(y)]),
    fromPixel: (/** @type {number} */ px, /** @type {number} */ py) => image.view().at(px, py),
    rangeX: /** @type {Pair} */ ([-2.1, 2.1]),
    rangeY: /** @type {Pair} */ ([-2.1, 2.1]),
    onStart: () => {
      dragging = true;
      if (at < 3) goTo(3);
    },
    onEnd: () => { dragging = false; draw(); },
  };
  const handles = {
    first: handle(image.svg, { label: '第一个箭头 i 的尖', name: 'i', x: 1, y: 0, ...place, onMove: tip(0) }),
    second: handle(image.svg, { label: '第二个箭头 j 的尖', name: 'j', x: 0, y: 1, ...place, onMove: tip(1) }),
  };

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width) return;
    const wide = width >= 700;
    wrap.classList.toggle('is-wide', wide);
    image.resize(Math.round(wide ? Math.min(560, width - 380) : Math.min(width, 520)));
    draw();
  }

  return {
    /** @param {any} scene */
    draw(scene) {
      const first = !data;
      if (first) side.fillPresets(scene.presets);
      data = { ...scene, circle: scene.circle.data };
      const values = ctx.get();
      const next = values.matrix.flat();
      const moved = !close(next, matrix);
      const known = [scene, ...scene.presets].find((p) => close(next, p.matrix.data)) ?? null;
      if (dragging) {
        if (known) split = known;
        draw();
        return;
      }
      const where = Number(values.stage);
      const jumped = where !== at;
      matrix = next;
      split = known;
      if (moving) return;
      at = split ? where : 3;
      if (first) {
        shown = along(at);
        resize();
      } else if (moved || jumped) glide(() => along(at), 300);
      else {
        shown = along(at);
        draw();
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

/** @param {number} v */
function tidy(v) {
  return Math.round(v * 1e4) / 1e4;
}
