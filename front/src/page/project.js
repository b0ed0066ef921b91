// @ts-check
/**
 * 投影：给一屋子人看。字大，一次一样东西（题目、图、结论、练习），左右键或翻页键换；
 * 解答先藏着，按一下才亮。正在拖的手柄要用方向键，那时方向键归它，翻页键照样翻页。
 */
import { el } from '../dom.js';

const SHOWN = 'main .explorable, main blockquote, main .exercise, main .plotly-card';
const ARROWS_ARE_TAKEN = 'input, select, textarea, [role=slider], [contenteditable], .cm-editor';

/** @type {null|(() => void)} */
let leave = null;

/** 开始投影；已经在投影就退出。 */
export function project() {
  if (leave) {
    leave();
    return;
  }
  const root = document.documentElement;
  const main = /** @type {HTMLElement} */ (document.querySelector('main'));
  const heading = /** @type {HTMLElement} */ (main.querySelector('h1'));
  const slides = /** @type {HTMLElement[]} */ ([heading, ...main.querySelectorAll(SHOWN)]);
  const middle = scrollY + innerHeight / 2;
  let at = Math.max(0, slides.findLastIndex((one) => one.getBoundingClientRect().top + scrollY < middle));
  let answers = false;

  const place = el('output', { class: 'project-place' });
  const answerButton = el('button', { type: 'button', 'aria-pressed': 'false' }, '看解答');
  const previous = el('button', { type: 'button' }, '‹ 上一样');
  const following = el('button', { type: 'button' }, '下一样 ›');
  const out = el('button', { type: 'button' }, '退出投影');
  const bar = el('div', { class: 'project-bar', role: 'toolbar', 'aria-label': '投影' },
    previous, place, following, answerButton, out);
  document.body.append(bar);

  /** 这一样东西所在的那一节叫什么。 @param {HTMLElement} slide */
  function where(slide) {
    const title = slide.closest('section')?.querySelector('h1, h2, h3')?.firstChild?.textContent ?? '';
    return `${at + 1} / ${slides.length}　${title}`;
  }

  function show() {
    for (const one of main.querySelectorAll('.on-screen, .on-path')) one.classList.remove('on-screen', 'on-path');
    const slide = slides[at];
    slide.classList.add('on-screen');
    // 题目和开头的问题一起亮出来。
    if (at === 0) for (let next = slide.nextElementSibling; next?.matches('p'); next = next.nextElementSibling) next.classList.add('on-screen');
    for (let up = slide.parentElement; up && up !== document.body; up = up.parentElement) up.classList.add('on-path');
    place.textContent = where(slide);
    answers = false;
    tell();
    scrollTo(0, 0);
    fit(slide);
  }

  /** 图比屏幕高就收窄一点，整幅才看得见；控件多的图收到六成为止，剩下的往下滚。 @param {HTMLElement} slide */
  async function fit(slide) {
    if (!slide.matches('.explorable')) return;
    const room = innerHeight - bar.offsetHeight - 24;
    const most = slide.parentElement?.clientWidth ?? innerWidth;
    slide.style.maxWidth = '';
    for (let tries = 0; tries < 4; tries += 1) {
      await new Promise((done) => { requestAnimationFrame(() => setTimeout(done, 60)); });
      const { width, height } = slide.getBoundingClientRect();
      if (!leave || height <= room || width <= 0.6 * most) return;
      slide.style.maxWidth = `${Math.round(Math.max(0.6 * most, width * Math.max(0.8, room / height)))}px`;
    }
  }

  function tell() {
    const slide = slides[at];
    const solution = /** @type {HTMLDetailsElement|null} */ (slide.querySelector('.exercise-solution'));
    if (solution) solution.open = answers;
    answerButton.hidden = !solution;
    answerButton.setAttribute('aria-pressed', String(answers));
    answerButton.textContent = answers ? '藏起解答' : '看解答';
    previous.toggleAttribute('disabled', at === 0);
    following.toggleAttribute('disabled', at === slides.length - 1);
    root.classList.toggle('answers-shown', answers);
  }

  /** @param {number} by */
  function go(by) {
    const next = Math.min(slides.length - 1, Math.max(0, at + by));
    if (next === at) return;
    at = next;
    show();
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const target = /** @type {Element|null} */ (event.target);
    if (document.querySelector('dialog[open]') || event.ctrlKey || event.metaKey || event.altKey) return;
    const taken = Boolean(target?.closest?.(ARROWS_ARE_TAKEN));
    if (event.key === 'Escape') leave?.();
    else if (event.key === 'PageDown' || (event.key === 'ArrowRight' && !taken)) go(1);
    else if (event.key === 'PageUp' || (event.key === 'ArrowLeft' && !taken)) go(-1);
    else return;
    event.preventDefault();
  }

  previous.addEventListener('click', () => go(-1));
  following.addEventListener('click', () => go(1));
  answerButton.addEventListener('click', () => { answers = !answers; tell(); });
  out.addEventListener('click', () => leave?.());
  addEventListener('keydown', key);
  root.classList.add('projecting');
  leave = () => {
    leave = null;
    removeEventListener('keydown', key);
    root.classList.remove('projecting', 'answers-shown');
    bar.remove();
    for (const one of slides) one.style.maxWidth = '';
    for (const one of main.querySelectorAll('.on-screen, .on-path')) one.classList.remove('on-screen', 'on-path');
    main.classList.remove('on-path');
    slides[at].scrollIntoView({ block: 'center' });
  };
  show();
}
