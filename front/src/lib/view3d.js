// @ts-check
/** 看一个三维场景的眼睛：从正上方（像一张平面图）到斜着看，可以拖着转，方向键也行。 */

/**
 * @typedef {object} Camera
 * @property {number} yaw 绕竖轴转了多少（弧度） @property {number} pitch 从正上方放倒多少（弧度）
 * @property {number} tilt 0 是正上方，1 是斜着看
 */

/** @returns {Camera} */
export function camera(yaw = -0.5, pitch = 1.0) {
  return { yaw, pitch, tilt: 0 };
}

/**
 * 把三维的点投到画布上：每个点三个数，横、竖、离眼睛多近（越大越近）。
 * @param {Camera} eye @param {ArrayLike<number>} points @param {{x: number, y: number, scale: number, reach: number, centre?: number[]}} frame
 *   centre 是画在正中的那个点
 * @param {Float64Array} [into]
 */
export function project(eye, points, frame, into) {
  const out = into && into.length === points.length ? into : new Float64Array(points.length);
  const yaw = eye.yaw * eye.tilt;
  const pitch = eye.pitch * eye.tilt;
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const far = 6 * frame.reach;
  const [mx, my, mz] = frame.centre ?? [0, 0, 0];
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i] - mx;
    const y = points[i + 1] - my;
    const z = points[i + 2] - mz;
    const rx = cy * x - sy * y;
    const ry = sy * x + cy * y;
    const up = cp * ry + sp * z;
    const near = cp * z - sp * ry;
    // 平面图用不着透视；立体时近大远小一点点。
    const grow = far / Math.max(0.3 * far, far - near);
    out[i] = frame.x + frame.scale * rx * grow;
    out[i + 1] = frame.y - frame.scale * up * grow;
    out[i + 2] = near;
  }
  return out;
}

/** 读屏软件念得出的视角。 @param {HTMLElement} element @param {Camera} eye */
function speak(element, eye) {
  const degrees = (/** @type {number} */ angle) => Math.round((angle * 180) / Math.PI);
  element.setAttribute('aria-valuenow', String(degrees(eye.yaw)));
  element.setAttribute('aria-valuetext', `左右 ${degrees(eye.yaw)} 度，俯仰 ${degrees(eye.pitch)} 度`);
}

/**
 * 立体的时候，能转的元素是一个有名字的手柄；平着看时什么也不是。
 * @param {HTMLElement} element @param {Camera} eye @param {boolean} solid @param {string} label
 */
export function offerTurn(element, eye, solid, label) {
  if (solid === element.hasAttribute('role')) return;
  const given = { role: 'slider', tabindex: '0', 'aria-label': label, 'aria-valuemin': '-360', 'aria-valuemax': '360' };
  for (const [name, value] of Object.entries(given)) {
    if (solid) element.setAttribute(name, value);
    else element.removeAttribute(name);
  }
  if (solid) speak(element, eye);
  else for (const name of ['aria-valuenow', 'aria-valuetext']) element.removeAttribute(name);
}

/**
 * 让一个元素可以拖着转视角。竖着划仍然滚动页面。
 * @param {HTMLElement} element @param {Camera} eye @param {() => void} changed
 */
export function turnable(element, eye, changed) {
  /** @type {[number, number] | null} */
  let from = null;
  /** @param {number} dx @param {number} dy */
  const turn = (dx, dy) => {
    if (!eye.tilt) return;
    eye.yaw += dx;
    eye.pitch = Math.max(0, Math.min(1.5, eye.pitch - dy));
    speak(element, eye);
    changed();
  };
  element.addEventListener('pointerdown', (event) => {
    if (!eye.tilt || event.button > 0) return;
    from = [event.clientX, event.clientY];
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener('pointermove', (event) => {
    if (!from) return;
    turn((event.clientX - from[0]) / 120, (event.clientY - from[1]) / 120);
    from = [event.clientX, event.clientY];
  });
  const stop = () => { from = null; };
  element.addEventListener('pointerup', stop);
  element.addEventListener('pointercancel', stop);
  element.addEventListener('keydown', (event) => {
    /** @type {Record<string, [number, number]>} */
    const ways = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
    const way = ways[event.key];
    if (!way || !eye.tilt) return;
    event.preventDefault();
    turn(way[0], way[1]);
  });
}
