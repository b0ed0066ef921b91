// @ts-check
/** 图下面要说的：Python 醒了没有，画面里的警报，哪里做不到。 */
import { button, el } from '../dom.js';

export class Notices {
  constructor() {
    this.alert = el('div', { class: 'ex-alert', role: 'alert', hidden: '' });
    this.progress = el('div', { class: 'ex-progress', hidden: '' },
      el('progress', { max: '1', 'aria-label': 'Python 的加载进度' }), el('span', {}));
  }

  /** @param {string} state Python 醒了没有 @param {any} detail 加载了几成，或者为什么没有启动起来 */
  waking(state, detail) {
    this.progress.hidden = state !== 'loading' && state !== 'failed';
    const bar = /** @type {HTMLProgressElement} */ (this.progress.firstElementChild);
    const text = /** @type {HTMLElement} */ (this.progress.lastElementChild);
    bar.hidden = state === 'failed';
    if (typeof detail === 'number') bar.value = detail;
    text.textContent = state === 'failed'
      ? `Python 没有启动起来（${detail}）。上面预先算好的画面仍然可以拖动。`
      : `正在启动 Python… ${Math.round(100 * (Number(detail) || 0))}%，你的操作会在它醒来后补上`;
  }

  /** 画面里的警报。 @param {any} alert @param {null|(() => void)} back 怎样退回出错之前 */
  warn(alert, back) {
    this.alert.hidden = !alert;
    if (!alert) return;
    const key = alert.kind + alert.text;
    if (this.alert.dataset.key === key) return;
    this.alert.dataset.key = key;
    this.alert.replaceChildren(el('p', {}, alert.text));
    if (alert.stop && back) this.alert.append(button('退回出错之前', '回到最近一次还好好的时候', back));
  }

  /** 做不到的事；空的是没有了。 @param {string} text */
  complain(text) {
    if (!text) {
      if (this.alert.dataset.key === 'error') this.alert.hidden = true;
      return;
    }
    this.alert.hidden = false;
    this.alert.dataset.key = 'error';
    this.alert.replaceChildren(el('p', {}, text));
  }
}
