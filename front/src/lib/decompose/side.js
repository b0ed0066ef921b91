// @ts-check
/** 拆矩阵的图旁边的一栏：三步的卡片和滑杆、现在的一句话、现成的矩阵、可以敲的矩阵。 */
import { html, matrixField } from '../fields.js';
import { areaText, names, partsText, sentence, stepName } from './told.js';

const SAME = 1e-4; // 两个矩阵差得比这还少，就是同一个

/** @typedef {import('./picture.js').State} State */

/**
 * @param {{goTo: (where: number) => void, walk: (from: number, to: number, time: number) => void,
 *   change: (matrix: number[], known?: any) => void, note: (text: string) => void, at: () => number}} on
 *   读者做了什么；at 是现在走到哪里
 */
export function sidePanel(on) {
  const slider = html('input', { type: 'range', min: '0', max: '3', step: '0.01', 'aria-label': '走到第几步' });
  slider.addEventListener('input', () => on.goTo(Number(slider.value)));
  slider.addEventListener('keydown', (event) => {
    // 滑杆一格很细，好让拖动平滑；方向键一次走十格，按住 Shift 走五十格。
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    on.goTo(Math.max(0, Math.min(3, Math.round((on.at() + way * (event.shiftKey ? 0.5 : 0.1)) * 100) / 100)));
  });
  const cards = names(null).map((title, k) => {
    const name = html('span', {}, title);
    const value = html('strong', {});
    const button = html('button', { type: 'button', class: 'apart-card' },
      html('span', {}, `${'①②③'[k]} `, name), value);
    button.addEventListener('click', () => on.walk(k, k + 1, 1100));
    return { button, name, number: value };
  });
  const play = html('button', { type: 'button', class: 'ex-button' }, '从头走一遍');
  play.addEventListener('click', () => on.walk(0, 3, 4800));

  const presets = html('div', { class: 'apart-presets', role: 'group', 'aria-label': '现成的矩阵' });
  /** @type {{button: HTMLElement, preset: any}[]} */
  const chips = [];
  const field = matrixField({
    label: '矩阵', rows: 2, columns: 2, headings: ['i', 'j'], low: -3, high: 3,
    onInput: ([[a, b], [c, d]]) => {
      on.note('');
      on.change([a, b, c, d]);
    },
    onBad: (text) => on.note(text),
  });
  const determinant = html('p', { class: 'apart-area' });
  const say = html('p', { class: 'apart-say', 'aria-live': 'polite' });
  const element = html('div', { class: 'apart-side' },
    html('div', { class: 'apart-steps' }, ...cards.map((c) => c.button), slider),
    say,
    html('div', { class: 'apart-row' }, play),
    presets,
    html('div', { class: 'apart-matrix' }, field.element, determinant));

  return {
    element,
    /** @param {any[]} list */
    fillPresets(list) {
      for (const preset of list) {
        const button = html('button', { type: 'button', class: 'ex-button', 'aria-pressed': 'false' }, preset.name);
        button.addEventListener('click', () => on.change(Array.from(preset.matrix.data), preset));
        chips.push({ button, preset });
        presets.append(button);
      }
    },
    /** @param {State} now @param {string} live Python 醒了没有 */
    write({ split, matrix, at, dragging }, live) {
      slider.value = String(at);
      slider.setAttribute('aria-valuetext', stepName(split, at));
      const values = split ? partsText(split) : null;
      cards.forEach((card, k) => {
        card.button.classList.toggle('is-on', at > k && at <= k + 1);
        card.button.classList.toggle('is-done', at >= k + 1);
        card.button.classList.toggle('is-waiting', !values);
        card.number.textContent = values ? values[k] : '…';
        card.name.textContent = names(split)[k];
      });
      field.update([[matrix[0], matrix[1]], [matrix[2], matrix[3]]]);
      for (const { button, preset } of chips) {
        button.setAttribute('aria-pressed', String(close(matrix, preset.matrix.data)));
      }
      determinant.textContent = split ? areaText(split) : '';
      if (dragging) return;
      const text = sentence(split, at, live);
      if (say.textContent !== text) say.textContent = text;
    },
  };
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function close(a, b) {
  for (let i = 0; i < 4; i += 1) if (Math.abs(a[i] - b[i]) > SAME) return false;
  return true;
}
