// @ts-check
/** 能拖的东西：鼠标、手指、方向键都能动它，读屏软件念得出它是什么、在哪里。 */

import { number, svg } from './axes.js';

/**
 * @typedef {object} HandleOptions
 * @property {string} label 它是什么（读屏软件念的名字）
 * @property {number} x @property {number} y 起初的位置（坐标，不是像素）
 * @property {(x: number, y: number) => [number, number]} toPixel 坐标 → 像素
 * @property {(px: number, py: number) => [number, number]} fromPixel 像素 → 坐标
 * @property {(x: number, y: number) => void} onMove 读者把它挪到了 (x, y)；要不要真的过去由 ``move`` 决定
 * @property {() => void} [onStart] 开始拖 @property {() => void} [onEnd] 放手
 * @property {number} [step] 按一下方向键走多少（坐标），默认 0.05；按住 Shift 走五倍
 * @property {[number, number]} [rangeX] @property {[number, number]} [rangeY] 能去的范围
 * @property {'both' | 'x' | 'y'} [axis] 只许横着或竖着走
 * @property {(x: number, y: number) => string} [valueText] 念给人听的位置
 * @property {string} [name] 写在旁边的一两个字 @property {string} [className]
 */

/**
 * @typedef {object} Handle
 * @property {Element & HTMLOrSVGElement} element
 * @property {(x: number, y: number) => void} move 放到坐标 (x, y)，不触发 onMove
 * @property {() => [number, number]} position
 * @property {() => boolean} dragging
 * @property {(shown: boolean) => void} show
 * @property {(text: string) => void} rename 换一个名字
 * @property {() => void} destroy
 */

/** 同一幅图里的手柄：靠得太近时，按下去的是离指尖最近的那一个。 @type {WeakMap<Element, Set<any>>} */
const neighbours = new WeakMap();

/**
 * 造一个手柄。``parent`` 是 svg（或其中的 g），也可以是一个 ``position: relative`` 的 div。
 * @param {Element} parent @param {HandleOptions} options
 * @returns {Handle}
 */
export function handle(parent, options) {
  const { step = 0.05, axis = 'both', rangeX = [-Infinity, Infinity], rangeY = [-Infinity, Infinity] } = options;
  const inSvg = parent instanceof SVGElement;
  const home = inSvg
    ? /** @type {Element} */ (parent instanceof SVGSVGElement ? parent : parent.ownerSVGElement)
    : parent;
  const element = build(parent, inSvg, options);
  let here = /** @type {[number, number]} */ ([options.x, options.y]);
  let pixel = /** @type {[number, number]} */ ([0, 0]);
  let shown = true;
  /** 按下时指尖离中心多远：拖的时候保持这点距离，手柄不会跳。 */
  let grip = /** @type {[number, number] | null} */ (null);

  const clamp = (/** @type {number} */ v, /** @type {[number, number]} */ [low, high]) =>
    Math.max(low, Math.min(high, v));

  /** @param {number} x @param {number} y */
  function move(x, y) {
    here = [x, y];
    pixel = options.toPixel(x, y);
    const place = `translate(${pixel[0].toFixed(1)}${inSvg ? ' ' : 'px,'}${pixel[1].toFixed(1)}${inSvg ? '' : 'px'})`;
    if (inSvg) element.setAttribute('transform', place);
    else /** @type {any} */ (element).style.transform = place;
    const main = axis === 'y' ? y : x;
    element.setAttribute('aria-valuenow', String(Number(main.toFixed(3))));
    element.setAttribute(
      'aria-valuetext',
      options.valueText ? options.valueText(x, y) : `横 ${number(x)}，竖 ${number(y)}`,
    );
  }

  /** @param {number} x @param {number} y */
  function ask(x, y) {
    const nx = axis === 'y' ? here[0] : clamp(x, rangeX);
    const ny = axis === 'x' ? here[1] : clamp(y, rangeY);
    options.onMove(nx, ny);
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  function spot(event) {
    const box = home.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** @param {PointerEvent} event */
  function down(event) {
    if (event.button > 0) return;
    const at = spot(event);
    let nearest = self;
    let least = Infinity;
    for (const other of neighbours.get(home) ?? []) {
      const d = other.distance(at);
      if (d < least) [least, nearest] = [d, other];
    }
    event.preventDefault();
    event.stopPropagation();
    nearest.grab(event, at);
  }

  const self = {
    /** @param {[number, number]} at */
    distance: (at) => {
      if (!shown) return Infinity;
      const [dx, dy] = [at[0] - pixel[0], at[1] - pixel[1]];
      return dx * dx + dy * dy;
    },
    /** @param {PointerEvent} event @param {[number, number]} at */
    grab(event, at) {
      grip = [at[0] - pixel[0], at[1] - pixel[1]];
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
      element.classList.add('is-dragged');
      options.onStart?.();
    },
  };

  /** @param {PointerEvent} event */
  function drag(event) {
    if (!grip) return;
    const at = spot(event);
    const [x, y] = options.fromPixel(at[0] - grip[0], at[1] - grip[1]);
    ask(x, y);
  }

  function release() {
    if (!grip) return;
    grip = null;
    element.classList.remove('is-dragged');
    options.onEnd?.();
  }

  const ways = /** @type {Record<string, [number, number]>} */ ({
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, 1],
    ArrowDown: [0, -1],
  });

  /** @param {KeyboardEvent} event */
  function key(event) {
    const way = ways[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const far = step * (event.shiftKey ? 5 : 1);
    // 只能走一个方向的手柄，四个方向键都管用：右和上是加，左和下是减。
    const along = way[0] + way[1];
    const dx = axis === 'both' ? way[0] : axis === 'x' ? along : 0;
    const dy = axis === 'both' ? way[1] : axis === 'y' ? along : 0;
    options.onStart?.();
    ask(here[0] + dx * far, here[1] + dy * far);
    options.onEnd?.();
  }

  const node = /** @type {HTMLElement} */ (/** @type {unknown} */ (element));
  node.addEventListener('pointerdown', down);
  node.addEventListener('pointermove', drag);
  node.addEventListener('pointerup', release);
  node.addEventListener('pointercancel', release);
  node.addEventListener('lostpointercapture', release);
  node.addEventListener('keydown', key);
  // 旧的 Safari 不认 SVG 上的 touch-action：在手柄上按下就不滚动页面，别处照常滚动。
  node.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false });
  const group = neighbours.get(home) ?? new Set();
  neighbours.set(home, group.add(self));

  const bounds = axis === 'y' ? rangeY : rangeX;
  if (Number.isFinite(bounds[0])) element.setAttribute('aria-valuemin', String(bounds[0]));
  if (Number.isFinite(bounds[1])) element.setAttribute('aria-valuemax', String(bounds[1]));
  move(here[0], here[1]);

  return {
    element,
    move,
    position: () => here,
    dragging: () => grip !== null,
    show(value) {
      shown = value;
      element.setAttribute('visibility', value ? 'visible' : 'hidden');
      node.style.display = value ? '' : 'none';
    },
    rename: (text) => element.setAttribute('aria-label', text),
    destroy() {
      group.delete(self);
      element.remove();
    },
  };
}

/**
 * 手柄的样子：一个环，外面一圈看不见的 44 像素的触摸区。
 * @param {Element} parent @param {boolean} inSvg @param {HandleOptions} options
 * @returns {Element & HTMLOrSVGElement}
 */
function build(parent, inSvg, options) {
  const common = { role: 'slider', tabindex: '0', 'aria-label': options.label };
  const className = `handle ${options.className ?? ''}`.trim();
  if (inSvg) {
    const g = svg('g', { class: className, ...common }, parent);
    svg('circle', { class: 'handle-target', r: 22 }, g);
    svg('circle', { class: 'handle-focus', r: 15 }, g);
    svg('circle', { class: 'handle-ring', r: 8.5 }, g);
    if (options.name) svg('text', { class: 'handle-name', x: 14, y: -11 }, g).textContent = options.name;
    return g;
  }
  const div = document.createElement('div');
  div.className = className;
  for (const [key, value] of Object.entries(common)) div.setAttribute(key, value);
  div.append(Object.assign(document.createElement('span'), { className: 'handle-ring' }));
  if (options.name) {
    div.append(Object.assign(document.createElement('span'), { className: 'handle-name', textContent: options.name }));
  }
  parent.append(div);
  return div;
}
