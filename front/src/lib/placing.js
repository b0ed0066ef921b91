// @ts-check
/** 往平面上放点：选一种颜色，点一下放一个，按住拖一串；擦掉最近的一个。键盘用一个准星来放。 */
import { el } from '../dom.js';
import { handle } from './drag.js';

const APART = 0.09;

/**
 * @param {HTMLElement} plane 盖着画布、position: relative 的元素 @param {HTMLElement} tools 放工具按钮的地方
 * @param {{get: () => number[][], set: (points: number[][]) => void, at: (px: number, py: number) => number[],
 *   pixel: (x: number, y: number) => [number, number], reach: number, limit: number, onTool?: (tool: string) => void}} options
 */
export function placing(plane, tools, options) {
  let tool = '';
  /** @type {number[] | null} */
  let last = null;
  const choices = [['1', '放蓝点'], ['0', '放橙点'], ['x', '擦']];
  const buttons = choices.map(([value, name]) => {
    const node = el('button', { type: 'button', class: `ex-button jn-tool jn-tool-${value}`, 'aria-pressed': 'false' }, name);
    node.addEventListener('click', () => choose(tool === value ? '' : value));
    return node;
  });
  const clear = el('button', { type: 'button', class: 'ex-button jn-tool', title: '去掉自己放的点' }, '清空');
  clear.addEventListener('click', () => options.set([]));
  tools.append(...buttons, clear);

  const aim = handle(plane, {
    label: '放点的准星：方向键移动，回车放下',
    x: 0, y: 0, step: 0.05,
    rangeX: [-options.reach, options.reach],
    rangeY: [-options.reach, options.reach],
    toPixel: options.pixel,
    fromPixel: (px, py) => /** @type {[number, number]} */ (options.at(px, py)),
    onMove: (x, y) => aim.move(x, y),
    className: 'jn-aim',
  });
  aim.show(false);
  /** @type {any} */ (aim.element).addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    use(...aim.position());
  });

  /** @param {string} value */
  function choose(value) {
    tool = value;
    buttons.forEach((node, i) => node.setAttribute('aria-pressed', String(choices[i][0] === value)));
    plane.classList.toggle('is-placing', value !== '');
    aim.show(value !== '');
    options.onTool?.(value);
    aim.move(...aim.position());
  }

  /** @param {number} x @param {number} y */
  function use(x, y) {
    if (Math.abs(x) > options.reach || Math.abs(y) > options.reach) return;
    const points = options.get().map((p) => [...p]);
    if (tool === 'x') {
      let best = -1;
      let least = 0.02;
      points.forEach((p, i) => {
        const d = (p[0] - x) * (p[0] - x) + (p[1] - y) * (p[1] - y);
        if (d < least) [least, best] = [d, i];
      });
      if (best < 0) return;
      points.splice(best, 1);
    } else if (points.length < options.limit) {
      points.push([Math.round(x * 1000) / 1000, Math.round(y * 1000) / 1000, Number(tool)]);
    } else return;
    options.set(points);
  }

  /** @param {PointerEvent} event */
  function spot(event) {
    const box = plane.getBoundingClientRect();
    return options.at(event.clientX - box.left, event.clientY - box.top);
  }
  plane.addEventListener('pointerdown', (event) => {
    if (!tool || event.button > 0) return;
    event.preventDefault();
    plane.setPointerCapture(event.pointerId);
    last = spot(event);
    aim.move(last[0], last[1]);
    use(last[0], last[1]);
  });
  plane.addEventListener('pointermove', (event) => {
    if (!last || !tool) return;
    const [x, y] = spot(event);
    if ((x - last[0]) * (x - last[0]) + (y - last[1]) * (y - last[1]) < APART * APART) return;
    last = [x, y];
    aim.move(x, y);
    use(x, y);
  });
  const stop = () => { last = null; };
  plane.addEventListener('pointerup', stop);
  plane.addEventListener('pointercancel', stop);

  return {
    tool: () => tool,
    choose,
    update: () => {
      clear.hidden = !options.get().length;
      aim.move(...aim.position());
    },
  };
}
