// @ts-check
/** 一排真的门：每扇是一个按钮，手指、鼠标、键盘都按得动；开了看得见后面是什么。 */
import { svg } from '../axes.js';
import { html } from '../fields.js';

const LEAST = 44; // 手指要这么宽

const SHAPES = {
  goat: [
    'M14 20C8 17 7 10 12 7C12 12 15 14 19 15M34 20C40 17 41 10 36 7C36 12 33 14 29 15',
    'M17 16C20 13.5 28 13.5 31 16C33 20 32 27 29 33C28 36 26 37.5 24 37.5C22 37.5 20 36 19 33C16 27 15 20 17 16Z',
    'M16.5 19C13 19 9.5 21 8 24C11.5 25.5 15 24.5 17 22.5M31.5 19C35 19 38.5 21 40 24C36.5 25.5 33 24.5 31 22.5',
    'M22.6 37.4L24 44L25.4 37.4',
  ],
  goatInk: 'M19.6 21.6a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0 -2.6 0M25.8 21.6a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0 -2.6 0M22 32.4q2 1.6 4 0l-2 2z',
  car: [
    'M4 33V26C4 24 5.5 22.6 8 22.2L12.5 21.4L17 14.6C17.8 13.4 19 12.8 20.4 12.8H31C32.4 12.8 33.6 13.4 34.4 14.5L38.6 20.6L41.4 21.4C43.2 22 44 23.2 44 25V33Z',
    'M16 21L19.6 15.8H24.6V21ZM27.4 15.8H31.2L34.8 21H27.4Z',
  ],
  carInk: 'M9 33.5a5 5 0 1 0 10 0a5 5 0 1 0 -10 0M29 33.5a5 5 0 1 0 10 0a5 5 0 1 0 -10 0',
};

/** @param {'goat' | 'car'} what */
function glyph(what) {
  const node = svg('svg', { viewBox: '0 0 48 48', class: `door-${what}`, 'aria-hidden': 'true' });
  for (const d of SHAPES[what]) svg('path', { d, class: 'door-line' }, node);
  svg('path', { d: SHAPES[what === 'car' ? 'carInk' : 'goatInk'], class: 'door-ink' }, node);
  return node;
}

/** @typedef {{open: boolean, what: 'goat' | 'car' | '', tag: string, look: string, says: string}} DoorState */

/** @param {(door: number) => void} press */
export function room(press) {
  const element = html('div', { class: 'doors-room', role: 'group', 'aria-label': '门' });
  /** @type {{button: HTMLButtonElement, inside: HTMLElement, tag: HTMLElement, what: string}[]} */
  let doors = [];

  /** @param {number} count */
  function build(count) {
    doors = Array.from({ length: count }, (_, k) => {
      const inside = html('span', { class: 'door-inside' });
      const tag = html('span', { class: 'door-tag' });
      const button = html('button', { type: 'button', class: 'door' },
        html('span', { class: 'door-frame' }, inside,
          html('span', { class: 'door-leaf' }, html('span', { class: 'door-number' }, String(k + 1)))),
        tag);
      button.addEventListener('click', () => press(k));
      return { button, inside, tag, what: '' };
    });
    element.replaceChildren(...doors.map((door) => door.button));
  }

  return {
    element,
    /** 一行放几扇；放得下就和下面的一列对齐。 @param {number} width @param {number} count @returns {number} */
    fit(width, count) {
      if (doors.length !== count) build(count);
      const rows = Math.ceil(count / Math.max(1, Math.floor(width / LEAST)));
      const across = Math.ceil(count / rows);
      element.style.setProperty('--across', String(across));
      element.style.setProperty('--leaf', `${Math.round(Math.min(84, (width / across) * 0.74))}px`);
      return rows;
    },
    /** @param {DoorState[]} states */
    draw(states) {
      states.forEach((state, k) => {
        const door = doors[k];
        if (!door) return;
        door.button.className = `door ${state.open ? 'is-open' : ''} ${state.look}`;
        door.button.setAttribute('aria-label', `${k + 1} 号门，${state.says}`);
        if (door.tag.textContent !== state.tag) door.tag.textContent = state.tag;
        if (state.what && door.what !== state.what) door.inside.replaceChildren(glyph(state.what));
        // 关上的门后面什么也没有：从网页里翻也翻不出车在哪。
        if (!state.what && door.what) door.inside.replaceChildren();
        door.what = state.what;
      });
    },
  };
}
