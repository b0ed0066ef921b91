// @ts-check
/**
 * 他说的是哪个词：拖听到的音高、拖噪声、换句子。距离只用加和乘，e 的负几次方查 Python 的表，
 * 乘起来再归一，所以每一下都当场有答案。
 */
import { number } from '../lib/axes.js';
import { html, sliderField } from '../lib/fields.js';
import { chart } from '../lib/mumble-chart.js';
import { lookup } from '../lib/table.js';
import '../style/mumble.css';

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let data = null;
  let values = ctx.get();
  /** 画着的音高；换成标准音的时候慢慢走过去。 @type {number[]} */
  let pitch = [...values.heard];
  let falling = (/** @type {number} */ _x) => 1;
  let dragging = false;
  let moving = 0;
  let before = -1; // 刚才猜的是第几个

  const picture = chart({
    label: '五度的声调图', start: () => { dragging = true; moving = 0; }, end: () => { dragging = false; draw(); },
    move: (k, level) => {
      const heard = [...values.heard];
      heard[k] = level;
      pitch = [...heard];
      change({ heard });
    },
  });
  const spec = (/** @type {string} */ name) => ctx.controls.find((/** @type {any} */ c) => c.name === name);
  const sentence = html('select', { 'aria-label': '句子' });
  for (const [value, name] of spec('sentence').options) sentence.append(html('option', { value }, name));
  sentence.addEventListener('change', () => change({ sentence: sentence.value }));
  const noise = sliderField({
    label: '听不清', low: spec('noise').low, high: spec('noise').high, step: spec('noise').step,
    text: (v) => `${number(v)} 度`, onInput: (v) => change({ noise: Number(v.toFixed(2)) }),
  });
  const often = html('span', {}, '说得多吗');
  const line = html('p', { class: 'mumble-line' });
  const rows = html('div', { class: 'mumble-rows' });
  const said = html('p', { class: 'mumble-say', 'aria-live': 'polite' });
  const wrap = html('div', { class: 'mumble' },
    html('div', { class: 'mumble-left' }, line, picture.element, noise.element,
      html('div', { class: 'knob mumble-pick' }, html('span', {}, '句子'), sentence)),
    html('div', { class: 'mumble-right' },
      html('div', { class: 'mumble-head', 'aria-hidden': 'true' }, html('span', {}, '词'), often,
        html('span', {}, '× 像吗', html('span', {}, '最像的算 1')), html('span', {}, '＝ 该信几成')),
      rows, said));
  stage.append(wrap);
  /** @type {{element: HTMLElement, bars: HTMLElement[], share: HTMLElement}[]} */
  let cells = [];

  function build() {
    cells = data.words.map((/** @type {{word: string, pinyin: string}} */ { word, pinyin }, /** @type {number} */ k) => {
      const bars = ['prior', 'sound', 'after'].map((name) => html('i', { class: `mumble-bar is-${name}` }));
      const share = html('b', {});
      const button = html('button', { type: 'button', class: 'mumble-word', title: `换成「${word}」标准的声调` },
        html('strong', {}, word), html('span', {}, pinyin));
      button.addEventListener('click', () => {
        const heard = Array.from(data.templates.data.slice(6 * k, 6 * k + 6));
        values = { ...values, heard };
        glide(heard);
        ctx.set({ heard });
      });
      const element = html('div', { class: 'mumble-row' }, button,
        ...bars.slice(0, 2).map((bar) => html('span', { class: 'mumble-track' }, bar)),
        html('span', { class: 'mumble-track is-last' }, bars[2], share));
      return { element, bars, share };
    });
    rows.replaceChildren(...cells.map((c) => c.element));
  }

  /** 先验、似然（最像的是 1）、后验，和猜哪一个。 */
  function judge() {
    const { data: templates } = data.templates;
    const count = data.words.length;
    const apart = Array.from({ length: count }, (_, k) => {
      let sum = 0;
      for (let i = 0; i < 6; i += 1) {
        const d = pitch[i] - templates[6 * k + i];
        sum += d * d;
      }
      return sum;
    });
    const least = Math.min(...apart);
    const prior = data.priors[values.sentence].data;
    const sound = apart.map((d) => Math.max(0, falling((d - least) / (2 * values.noise * values.noise))));
    const product = sound.map((v, k) => v * prior[k]);
    const total = product.reduce((a, b) => a + b, 0);
    const after = product.map((v) => v / total);
    let best = 0;
    after.forEach((v, k) => { if (v > after[best] + 1e-9) best = k; });
    return { prior, sound, after, best };
  }

  function draw() {
    if (!data) return;
    const found = judge();
    const { best } = found;
    picture.update(pitch, values.noise, data.templates.data.slice(6 * best, 6 * best + 6));
    // 先验的柱子按最大的那个来画，好看清谁比谁多。
    const most = Math.max(...found.prior);
    cells.forEach(({ element, bars, share }, k) => {
      element.classList.toggle('is-best', k === best);
      width(bars[0], found.prior[k] / most);
      width(bars[1], found.sound[k]);
      width(bars[2], found.after[k]);
      share.textContent = percent(found.after[k]);
    });
    sentence.value = values.sentence;
    often.textContent = values.sentence === 'none' ? '说得多吗' : '放在这里说得多吗';
    noise.update(values.noise);
    const { word } = data.words[best];
    if (before !== best || line.dataset.sentence !== values.sentence) {
      const [head, tail] = data.sentences[values.sentence].split('＿＿');
      line.replaceChildren('「', head, html('strong', {}, word), tail, '」');
      line.dataset.sentence = values.sentence;
      before = best;
    }
    if (dragging || moving) return;
    const text = tell(found);
    if (said.textContent !== text) said.textContent = text;
  }

  /** @param {{prior: ArrayLike<number>, sound: number[], after: number[], best: number}} found */
  function tell({ prior, sound, after, best }) {
    const name = (/** @type {number} */ k) => `「${data.words[k].word}」`;
    const top = (/** @type {ArrayLike<number>} */ list) => Array.from(list).reduce((m, v, k) => (v > list[m] + 1e-9 ? k : m), 0);
    const [ear, mouth] = [top(sound), top(prior)];
    const twins = sound.map((v, k) => (v > 0.999 ? k : -1)).filter((k) => k >= 0);
    const sure = `${name(best)}，${percent(after[best])}。`;
    if (twins.length > 1 && twins.includes(best)) {
      const others = twins.filter((k) => k !== best).map(name).join('');
      return `${sure}它和${others}念得一模一样，再清楚也听不出来，只能看哪个说得多、放在这里通不通。`;
    }
    if (best === ear && best === mouth) return `${sure}最像的是它，最常说的也是它。`;
    if (best === ear) return `${sure}耳朵说了算：声音够清楚，压过了更常说的${name(mouth)}。`;
    if (best === mouth && values.sentence !== 'none') {
      return `${sure}最像的其实是${name(ear)}；可放在这句话里，${name(best)}通得多，先验压过了耳朵。`;
    }
    if (best === mouth) return `${sure}最像的其实是${name(ear)}；听不清了，就信说得更多的那个。`;
    return `${sure}最像的是${name(ear)}，最常说的是${name(mouth)}，两边都还过得去的是它。`;
  }

  /** @param {Record<string, any>} changes */
  function change(changes) {
    moving = 0;
    values = { ...values, ...changes };
    draw();
    ctx.set(changes);
  }

  /** 音高走到标准的样子。 @param {number[]} target */
  function glide(target) {
    if (ctx.reducedMotion) {
      moving = 0;
      pitch = [...target];
      draw();
      return;
    }
    const from = [...pitch];
    const id = (moving = Math.floor(performance.now() * 1000) + 1);
    const begun = performance.now();
    const tick = (/** @type {number} */ now) => {
      if (moving !== id) return;
      const t = Math.min(1, Math.max(0, (now - begun) / 300));
      pitch = from.map((v, i) => v + t * t * (3 - 2 * t) * (target[i] - v));
      if (t === 1) {
        moving = 0;
        pitch = [...target];
      }
      draw();
      if (t < 1) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width) return;
    const wide = width >= 720;
    wrap.classList.toggle('is-wide', wide);
    picture.resize(wide ? Math.round(0.46 * width) : width, wide ? 300 : 230);
    draw();
  }

  return {
    /** @param {any} scene */
    draw(scene) {
      const first = !data;
      data = scene;
      falling = lookup(scene.falling);
      values = ctx.get();
      if (first) {
        pitch = [...values.heard];
        build();
        resize();
        return;
      }
      if (dragging || moving) return;
      if (values.heard.some((/** @type {number} */ v, /** @type {number} */ i) => v !== pitch[i])) glide([...values.heard]);
      else draw();
    },
    resize,
    theme() {},
    destroy() {
      moving = -1;
      picture.destroy();
      wrap.remove();
    },
  };
}

/** @param {HTMLElement} bar @param {number} share */
function width(bar, share) {
  bar.style.transform = `scaleX(${share.toFixed(4)})`;
}

/** @param {number} share */
function percent(share) {
  if (share < 0.0001) return '<0.01%';
  if (share > 0.9999) return '>99.99%';
  // 差一点到 1 的，四位数才不会被写成 100%。
  return `${number(100 * share, share < 0.1 ? 2 : share > 0.99 ? 4 : 3)}%`;
}
