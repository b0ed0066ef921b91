// @ts-check
/** 沿着网络走的那个宽手柄：底下是原生的滑杆，鼠标、手指、键盘、读屏都认得它。 */
import { el } from '../dom.js';
import '../style/scrubber.css';

/**
 * @param {HTMLElement} parent
 * @param {{label: string, grip: string, onMove: (s: number) => void, onEnd: () => void, text: (s: number) => string}} options
 */
export function scrubber(parent, options) {
  const input = /** @type {HTMLInputElement} */ (el('input', {
    type: 'range', min: '0', max: '1000', step: '1', value: '0', class: 'jn-range', 'aria-label': options.label,
  }));
  const grip = el('span', { class: 'jn-grip', 'aria-hidden': 'true' }, options.grip);
  const marks = el('span', { class: 'jn-marks', 'aria-hidden': 'true' });
  const done = el('span', { class: 'jn-done', 'aria-hidden': 'true' });
  const element = el('div', { class: 'jn-scrub' }, marks, done, input, grip);
  parent.append(element);
  let layers = 0;
  let still = 0;

  /** @param {number} s */
  function show(s) {
    element.style.setProperty('--s', String(s));
    input.value = String(Math.round(s * 1000));
    input.setAttribute('aria-valuetext', options.text(s));
  }
  input.addEventListener('input', () => {
    cancelAnimationFrame(still);
    still = 0;
    const s = Number(input.value) / 1000;
    element.classList.add('was-moved');
    show(s);
    options.onMove(s);
  });
  input.addEventListener('change', options.onEnd);

  return {
    element,
    show,
    value: () => Number(input.value) / 1000,
    /** 画出每层三段的刻度。 @param {number} count */
    layers(count) {
      if (count === layers) return;
      layers = count;
      marks.replaceChildren(...Array.from({ length: 3 * count + 1 }, (_, i) => {
        const mark = el('i', { class: i % 3 ? '' : 'whole' });
        mark.style.setProperty('--at', String(i / (3 * count)));
        return mark;
      }));
    },
    /** 自己走到 to（约 0.6 秒，不喜欢动的读者直接到）。 @param {number} to @param {boolean} reduced */
    glide(to, reduced) {
      cancelAnimationFrame(still);
      const from = Number(input.value) / 1000;
      if (reduced || from === to) {
        show(to);
        options.onMove(to);
        options.onEnd();
        return;
      }
      const begun = performance.now();
      const length = 250 + 500 * Math.abs(to - from);
      const tick = () => {
        const f = Math.min(1, (performance.now() - begun) / length);
        const s = from + (to - from) * f * f * (3 - 2 * f);
        show(s);
        options.onMove(s);
        if (f < 1) still = requestAnimationFrame(tick);
        else options.onEnd();
      };
      tick();
    },
    destroy: () => cancelAnimationFrame(still),
  };
}
