// @ts-check
/** 胜率随局数走：细线和雾是算出来的概率和该有的起伏，粗线是机器玩出来的，圆点是读者自己的。 */
import { svg } from '../axes.js';

const TICKS = [[1, '1'], [10, '10'], [100, '100'], [1000, '1000'], [10000, '1 万']];
const NAMES = ['不换', '换'];
const [LEFT, RIGHT, TOP, BOTTOM] = [38, 74, 12, 36];

export function rates() {
  const picture = svg('svg', { class: 'doors-rates', role: 'img', 'aria-label': '胜率随局数的变化' });
  const back = svg('g', { class: 'axes' }, picture);
  const looks = ['stay', 'switch'];
  const haze = looks.map((look) => svg('path', { class: `rate-haze rate-${look}` }, picture));
  const truth = looks.map((look) => svg('path', { class: `rate-truth rate-${look}` }, picture));
  const walk = looks.map((look) => svg('path', { class: `rate-walk rate-${look}` }, picture));
  const names = looks.map((look) => svg('text', { class: `rate-name rate-${look}` }, picture));
  const own = looks.map((look) => svg('g', { class: `rate-own rate-${look}` }, picture));
  let [width, height] = [0, 0];
  const x = (/** @type {number} */ place) => LEFT + place * (width - LEFT - RIGHT);
  const y = (/** @type {number} */ share) => TOP + (1 - share) * (height - TOP - BOTTOM);
  const spot = (/** @type {number} */ place, /** @type {number} */ share) => `${x(place).toFixed(1)} ${y(share).toFixed(1)}`;

  /** 第 count 局在横轴的哪里：在烘焙的几处之间连直线。 @param {any} scene @param {number} count */
  function place(scene, count) {
    const { data: counts } = scene.counts;
    const { data: places } = scene.places;
    let k = 0;
    while (k < counts.length - 1 && counts[k + 1] < count) k += 1;
    if (k === counts.length - 1) return places[k];
    const t = Math.max(0, Math.min(1, (count - counts[k]) / (counts[k + 1] - counts[k])));
    return places[k] + t * (places[k + 1] - places[k]);
  }

  return {
    picture,
    /** @param {number} w @param {number} h */
    resize(w, h) {
      [width, height] = [w, h];
      picture.setAttribute('viewBox', `0 0 ${w} ${h}`);
      picture.setAttribute('width', String(w));
      picture.setAttribute('height', String(h));
    },
    /** 不随局数变的：轴、细线、雾、名字。 @param {any} scene @param {any} exact */
    frame(scene, exact) {
      back.replaceChildren();
      let lines = '';
      for (const share of [0, 0.5, 1]) {
        lines += `M${LEFT} ${y(share).toFixed(1)}H${width - RIGHT}`;
        svg('text', { x: LEFT - 6, y: y(share) + 4, 'text-anchor': 'end' }, back).textContent = `${share * 100}%`;
      }
      TICKS.forEach(([count, word], k) => {
        const at = place(scene, Number(count));
        lines += `M${x(at).toFixed(1)} ${y(0).toFixed(1)}v4`;
        svg('text', { x: x(at), y: y(0) + 17, 'text-anchor': k ? 'middle' : 'start' }, back).textContent = String(word);
      });
      svg('path', { class: 'axes-cross', d: lines }, back);
      svg('text', { x: (LEFT + width - RIGHT) / 2, y: height - 3, 'text-anchor': 'middle' }, back).textContent = '没有作废的局数';
      back.setAttribute('class', 'axes axes-text');
      const { data: places } = scene.places;
      const { data: narrow } = scene.narrow;
      looks.forEach((_, k) => {
        const p = exact.share[k];
        let [over, under] = ['', ''];
        for (let i = 0; i < places.length; i += 1) {
          const half = exact.spread[k] * narrow[i];
          over += `${i ? 'L' : 'M'}${spot(places[i], Math.min(1, p + half))}`;
          under = `L${spot(places[i], Math.max(0, p - half))}${under}`;
        }
        haze[k].setAttribute('d', `${over}${under}Z`);
        truth[k].setAttribute('d', `M${spot(0, p)}H${x(1).toFixed(1)}`);
      });
      const same = exact.stay === exact.switch;
      const gap = y(exact.share[0]) - y(exact.share[1]);
      const nudge = same || gap >= 17 ? 0 : (17 - gap) / 2;
      looks.forEach((_, k) => {
        names[k].setAttribute('x', String(x(1) + 8));
        names[k].setAttribute('y', (y(exact.share[k]) + 4 + (k ? -nudge : nudge)).toFixed(1));
        const word = `${same ? '都是' : NAMES[k]} ${k ? exact.switch : exact.stay}`;
        names[k].textContent = same && !k ? '' : word;
        names[k].classList.toggle('rate-both', same);
      });
    },
    /** 机器玩出来的线。 @param {any} scene @param {boolean} fits */
    run(scene, fits) {
      const count = fits ? Number(scene.curve.shape[1]) : 0;
      looks.forEach((_, k) => {
        let path = '';
        for (let i = 0; i < count; i += 1) {
          path += `${i ? 'L' : 'M'}${spot(scene.places.data[i], scene.curve.data[k * count + i])}`;
        }
        if (count) path += `L${spot(scene.here, scene.rates[k])}`;
        walk[k].setAttribute('d', path);
      });
    },
    /** 读者自己的两个点。 @param {any} scene @param {[number, number][]} record 不换和换：局数，赢的 */
    mine(scene, record) {
      record.forEach(([games, won], k) => {
        own[k].replaceChildren();
        if (!games) return;
        const rate = won / games;
        const [px, py] = [x(place(scene, games)), y(rate)];
        const above = k ? rate <= 0.9 : rate < 0.1; // 不压着轴，也不出画面
        svg('circle', { cx: px.toFixed(1), cy: py.toFixed(1), r: 5.5 }, own[k]);
        svg('text', { x: (px + 9).toFixed(1), y: (py + (above ? -7 : 15)).toFixed(1) }, own[k]).textContent = `你${NAMES[k]}`;
      });
    },
  };
}
