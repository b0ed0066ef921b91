// @ts-check
/**
 * 全部可能的情形画成一块方：横着一列是车在一扇门后（每列一样宽），一列里竖着切成主持人的各种开法
 * （每种一样高）。面积就是机会。主持人一开门，和他做的对不上的格子就暗下去，亮着的还是原来的面积。
 */
import { svg } from '../axes.js';
import { mayChoose, openDoors } from './rules.js';

const ROOM_FOR_WORDS = 50;
const LINE = 19;

/** @typedef {import('./rules.js').Rule} Rule */
/** @typedef {{pick: number, chosen: number, car: number}} Known 还不知道的是 −1 */

export function cases() {
  const picture = svg('svg', { class: 'doors-cases', role: 'img', 'aria-label': '全部可能的情形' });
  const body = svg('g', {}, picture);
  let width = 0;
  let height = 0;

  /** 这一格还活着吗。 @param {Known} known @param {number} car @param {number} choice */
  const alive = (known, car, choice) => (known.chosen < 0 || known.chosen === choice)
    && (known.car < 0 || known.car === car);

  return {
    picture,
    /** @param {number} w @param {number} h */
    resize(w, h) {
      [width, height] = [w, h];
      picture.setAttribute('viewBox', `0 0 ${w} ${h}`);
      picture.setAttribute('width', String(w));
      picture.setAttribute('height', String(h));
    },
    /** @param {Rule} rule @param {Known} known */
    draw(rule, known) {
      body.replaceChildren();
      const column = width / rule.doors;
      for (let car = 0; car < rule.doors; car += 1) {
        const x = car * column;
        // 还没挑门的时候，主持人会怎么开无从说起，只有一列一列。
        const choices = known.pick < 0 ? [-1] : mayChoose(rule, known.pick, car);
        const strip = height / choices.length;
        const worded = column >= ROOM_FOR_WORDS && strip >= LINE && known.pick >= 0;
        const lined = strip >= 5;
        choices.forEach((choice, k) => {
          const lives = alive(known, car, choice);
          if (!lives && !lined) return;
          const spoiled = choice >= 0 && openDoors(rule, known.pick, choice).includes(car);
          const kind = known.pick < 0 ? 'any' : spoiled ? 'void' : car === known.pick ? 'stay' : 'switch';
          const look = `case ${lives ? `case-${kind} ${known.chosen >= 0 ? 'is-lit' : ''}` : 'is-dark'}`;
          svg('rect', {
            class: look, x: (x + 0.75).toFixed(2), y: (k * strip + 0.5).toFixed(2),
            width: Math.max(0.5, column - 1.5).toFixed(2), height: Math.max(1, strip - 1).toFixed(2),
            rx: lined ? 2 : 0,
          }, body);
          if (!worded) return;
          const verb = rule.opens === 'one' || rule.doors === 3 ? '开' : '留';
          const shown = verb === '开' ? openDoors(rule, known.pick, choice)[0] : choice;
          svg('text', {
            class: `case-word ${lives ? '' : 'is-dark'}`, x: x + column / 2, y: (k + 0.5) * strip + 4.5, 'text-anchor': 'middle',
          }, body).textContent = `${verb} ${shown + 1}${spoiled && column > 90 ? '，是车' : ''}`;
        });
      }
    },
  };
}
