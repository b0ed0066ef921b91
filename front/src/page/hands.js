// @ts-check
/** 读者的手在不在拖东西：按着没放的鼠标和手指有几个。 */

/** @type {Set<number>} */
const down = new Set();
/** @type {Set<() => void>} */
const told = new Set();

/** @param {PointerEvent} event */
function release(event) {
  down.delete(event.pointerId);
  if (!down.size) for (const tell of [...told]) tell();
}

addEventListener('pointerdown', (event) => down.add(event.pointerId), { capture: true, passive: true });
for (const type of ['pointerup', 'pointercancel']) {
  addEventListener(type, /** @type {EventListener} */ (release), { capture: true, passive: true });
}
// 放手在窗口外面发生，就听不见了。
addEventListener('blur', () => { down.clear(); for (const tell of [...told]) tell(); });

export const hands = {
  /**
   * 手空着就立刻做；按着东西就等放手，再安静 ``quiet`` 毫秒之后做。
   * @param {number} quiet @param {() => void} act
   */
  whenFree(quiet, act) {
    if (!down.size) {
      act();
      return;
    }
    const tell = () => setTimeout(() => {
      if (down.size || !told.delete(tell)) return;
      act();
    }, quiet);
    told.add(tell);
  },

  /** 手还按着，就歇 ``time`` 毫秒，放手就不歇了；手空着，不歇。 @param {number} time @returns {Promise<void>} */
  rest(time) {
    if (!down.size) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        told.delete(done);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, time);
      told.add(done);
    });
  },
};
