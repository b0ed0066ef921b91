// @ts-check
/**
 * 证据一次一次来：读者画先验，结果一个一个到，三条信念的曲线跟着动；旁边是同样的更新换成对数优势，
 * 一个正面、一个反面各是一步。画先验、换要比较的硬币，不等 Python。
 */
import { alike } from '../lib/alike.js';
import { number } from '../lib/axes.js';
import { curves } from '../lib/belief/curves.js';
import { believe, cell, strides, walked } from '../lib/belief/model.js';
import { walkView } from '../lib/belief/walk.js';
import { html } from '../lib/fields.js';
import '../style/belief.css';

const NAMES = ['你', '乙', '丙'];
const LOOKS = ['mine', 'second', 'third'];
const SHAPES = /** @type {[string, string][]} */ ([['flat', '摊平'], ['fair', '认定公平'], ['left', '过半就是 0']]);
const NO_MASS = '先验全是 0：没有一种硬币分到一点信念，看多少次也动不了它。先前那个好的先验放回来了。';

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let scene = null;
  /** @type {number[]} */
  let prior = ctx.get().prior.slice();
  let good = prior.slice();
  let painting = false;
  let queued = 0;

  const plot = curves({
    paint,
    painted,
    truth: (v) => restart({ truth: Number(v.toFixed(3)) }),
    pair: (which, v) => {
      mine[which] = Number(v.toFixed(3));
      later();
    },
    pairEnd: () => ctx.set({ low: mine.low, high: mine.high }),
  });
  const steps = walkView();
  /** 读者手里的值：拖着的时候先于 Python。 @type {{truth: number, low: number, high: number, seed: number}} */
  let mine = pick(ctx.get());

  const keys = NAMES.map((name, k) => {
    const value = html('b', {});
    return { value, element: html('span', { class: `belief-key belief-key-${LOOKS[k]}` }, html('i', {}), name, value) };
  });
  const shapes = html('div', { class: 'belief-shapes' }, html('span', {}, '从这里画起'), ...SHAPES.map(([name, word]) => {
    const node = html('button', { type: 'button', class: 'ex-button' }, word);
    node.addEventListener('click', () => {
      if (!scene) return;
      prior = Array.from(scene.shapes[name].data, (v) => Math.round(Number(v) * 100) / 100);
      painted();
    });
    return node;
  }));
  const tally = html('p', { class: 'belief-tally' });
  const [heads, tails] = ['heads', 'tails'].map((look) => html('b', { class: `belief-${look}` }));
  tally.append(heads, tails);
  const moves = html('p', { class: 'belief-moves' });
  const again = html('button', { type: 'button', class: 'ex-button' }, '换一串结果');
  again.addEventListener('click', () => restart({ seed: (ctx.get().seed % 999) + 1 }));
  const said = html('p', { class: 'belief-say', 'aria-live': 'polite' });
  const wrap = html('div', { class: 'belief' },
    html('div', { class: 'belief-board' },
      html('div', { class: 'belief-left' }, html('p', { class: 'belief-keys' }, ...keys.map((key) => key.element)), plot.picture, shapes),
      html('div', { class: 'belief-right' }, tally, steps.picture, moves, again)),
    said);
  stage.append(wrap);

  /** @param {any} values */
  function pick(values) {
    return { truth: values.truth, low: values.low, high: values.high, seed: values.seed };
  }

  // —— 画先验 ——

  /** 从一格画到另一格，中间的连直线。 @param {[number, number]} from @param {[number, number]} to */
  function paint(from, to) {
    painting = true;
    const [a, b] = from[0] <= to[0] ? [from, to] : [to, from];
    for (let i = a[0]; i <= b[0]; i += 1) {
      const t = b[0] === a[0] ? 1 : (i - a[0]) / (b[0] - a[0]);
      const value = i === to[0] ? to[1] : a[1] + t * (b[1] - a[1]);
      prior[i] = Math.round(value * 100) / 100;
    }
    later();
  }

  /** 一笔画完：全擦光了就放回上一个好的。 */
  function painted() {
    painting = false;
    if (prior.some((v) => v > 0)) {
      good = prior.slice();
      ctx.note('');
      ctx.set({ prior: good.slice() });
    } else {
      prior = good.slice();
      ctx.note(NO_MASS);
    }
    later();
  }

  /** 换了真值或者另一串结果：从头来。 @param {any} changes */
  function restart(changes) {
    if (Object.keys(changes).every((name) => changes[name] === /** @type {any} */ (mine)[name])) return;
    Object.assign(mine, changes);
    later();
    ctx.set(changes);
  }

  // —— 画 ——

  const later = () => { queued ||= requestAnimationFrame(() => { queued = 0; render(); }); };

  function render() {
    if (!scene || !wrap.clientWidth) return;
    // 真值或者哪一串刚换，Python 的答复还没到：先当作一次也没抛。
    const fits = Math.abs(scene.truth - mine.truth) < 1e-6 && scene.seed === mine.seed;
    const flips = fits ? scene.flips.data : [];
    const count = flips.length;
    const up = fits ? scene.heads : 0;
    const shape = prior.some((v) => v > 0) ? prior : good;
    const cells = prior.length;
    const beliefs = [shape, ...[0, 1].map((k) => scene.others.data.subarray(k * cells, (k + 1) * cells))].map((one, k) => {
      if (!fits || (k === 0 && !alike(one, scene.prior.data))) return believe(scene, one, up, count - up);
      return { curve: scene.curves.data.subarray(k * cells, (k + 1) * cells), mean: scene.means.data[k], spread: scene.spreads.data[k] };
    });
    const pair = /** @type {[number, number]} */ ([cell(mine.low, cells), cell(mine.high, cells)]);
    plot.draw({ prior, beliefs, flips: count, truth: mine.truth, pair });
    const kept = fits && alike(shape, scene.prior.data) && pair.every((v, k) => v === scene.pair[k]) && scene.walk.data.length;
    const path = kept ? Array.from(scene.walk.data, Number) : walked(scene, shape, flips, pair);
    steps.draw(path, flips, scene.ten, pair.map((i) => beliefs[0].curve[i]));
    write(beliefs, up, count, pair, shape);
  }

  /**
   * @param {{mean: number, spread: number, curve: ArrayLike<number>}[]} beliefs @param {number} up @param {number} count
   * @param {[number, number]} pair @param {ArrayLike<number>} shape
   */
  function write(beliefs, up, count, pair, shape) {
    const put = (/** @type {HTMLElement} */ node, /** @type {string} */ text) => { if (node.textContent !== text) node.textContent = text; };
    beliefs.forEach((one, k) => put(keys[k].value, `${one.mean.toFixed(2)} ± ${one.spread.toFixed(2)}`));
    put(heads, `正 ${up}`);
    put(tails, `反 ${count - up}`);
    const way = (/** @type {number} */ v) => `往${v > 0 ? '上' : '下'}走 ${number(Math.abs(v))}`;
    const [head, tail] = strides(scene, pair);
    put(moves, pair[0] === pair[1] ? '两种硬币一样，什么结果也分不出它们' : `一个正面${way(head)}，一个反面${way(tail)}`);
    if (!painting) put(said, sentence(beliefs, count, shape));
  }

  /** @param {{curve: ArrayLike<number>}[]} beliefs @param {number} count @param {ArrayLike<number>} shape */
  function sentence(beliefs, count, shape) {
    const at = cell(mine.truth, shape.length);
    const others = scene.others.data;
    const zero = [shape[at], others[at], others[shape.length + at]].map((v) => v === 0);
    const who = NAMES.filter((_, k) => zero[k]);
    const truth = number(mine.truth);
    if (!count) {
      if (zero[0]) return `你在 ${truth} 处画的是 0：看看它还起不起得来。按「运行」，或者按「一次」抛一次。`;
      return '这是还没有结果时三个人的样子。按「运行」，或者按「一次」抛一次。';
    }
    if (!who.length) return `三个人谁也没有把 ${truth} 判成 0：开头差得再远，看得越多越走到一处。`;
    const k = zero.indexOf(true);
    let top = 0;
    for (let i = 0; i < shape.length; i += 1) if (beliefs[k].curve[i] > beliefs[k].curve[top]) top = i;
    return `${who.join('和')}的先验在 ${truth} 处是 0。0 乘什么都是 0，再多的结果也推不动它；`
      + `${who[0]}只能在自己肯信的地方里挑，现在挤在 ${number((top + 1) * 0.025)}。`;
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width) return;
    const wide = width >= 720;
    wrap.classList.toggle('is-wide', wide);
    const left = Math.round(wide ? width * 0.57 : width);
    plot.resize(left, wide ? 405 : 373);
    steps.resize(wide ? width - left - 32 : width, wide ? 405 : 280);
    render();
  }

  return {
    /** @param {any} next */
    draw(next) {
      const first = !scene;
      scene = next;
      const values = ctx.get();
      if (!painting && !alike(values.prior, prior) && values.prior.some((/** @type {number} */ v) => v > 0)) {
        prior = values.prior.slice();
        good = prior.slice();
      }
      const held = plot.handles;
      if (!held.low.dragging() && !held.high.dragging()) mine = pick(values);
      if (first) resize();
      else later();
    },
    resize,
    theme() {},
    destroy() {
      cancelAnimationFrame(queued);
      plot.destroy();
      wrap.remove();
    },
  };
}
