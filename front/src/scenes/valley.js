// @ts-check
/**
 * 一个球在山谷里。读者先押一注，再一步一步走：每一步在地上留一支箭，在表里留一行。
 * 怎么走，用 Python 给的坡度表当场算，不等 Python。
 */
import { number, svg } from '../lib/axes.js';
import { arrowPath, chart } from '../lib/descent/chart.js';
import { valleySide } from '../lib/descent/side.js';
import { arrival, clamp, curveOf, descend, fate, settled } from '../lib/descent/walk.js';
import { handle } from '../lib/drag.js';
import { html } from '../lib/fields.js';
import '../style/valley.css';

const HOP = 320; // 走一步用多少毫秒
const QUICK = 110; // 一口气走的时候
const TINY = 8; // 跳得看不出来了，就快走
const SLIGHT = 3; // 一步在图上不到这么多像素，就看不出是跳
const MOST = 300;
const TANGENT = 62;
const LABEL = 92; // 「坡度 −0.123」大约这么宽

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  let state = ctx.get();
  /** @type {Record<string, import('../lib/descent/walk.js').Curve>} */
  let curves = {};
  /** @type {any} */
  let scene = null;
  let playing = 0; // 正在走的那一趟的编号
  let hop = 0; // 这一步走到了几成
  let dragging = false;
  /** 每条谷从起点出发的最好成绩。 @type {Record<string, {steps: number, rate: number, momentum: number}>} */
  const best = {};

  const spec = (/** @type {string} */ name) => ctx.controls.find((/** @type {any} */ c) => c.name === name);
  const side = valleySide(spec, {
    bet: (bet) => change({ bet, valley: 'bowl', start: 3, learning_rate: 0.8, momentum: 0, walked: 0 }),
    valley: (valley) => change({ valley, start: curves[valley].start, walked: 0 }),
    // 换了学习率就从头走：走完的路不能拿新的学习率接着走。
    rate: (rate) => change({ learning_rate: rate, walked: 0 }),
    momentum: (momentum) => change({ momentum, walked: 0 }),
    walk: (count) => (count > 1 && playing ? finish() : play(count)),
    back: () => change({ start: curve().start, walked: 0 }),
  });
  const plot = chart(html('div'), '山谷的剖面和球');
  const marks = svg('g', { 'aria-hidden': 'true' }, plot.root);
  const origin = svg('text', { class: 'ds-origin', 'text-anchor': 'middle' }, marks);
  const drop = svg('path', { class: 'ds-drop' }, marks);
  const tangent = svg('path', { class: 'ds-tangent' }, marks);
  const slopeText = svg('text', { class: 'ds-slope' }, marks);
  const next = svg('path', { class: 'ds-next' }, marks);
  const nextText = svg('text', { class: 'ds-slope', 'text-anchor': 'middle' }, marks);
  const said = html('p', { class: 'ds-say', 'aria-live': 'polite' });
  const wrap = html('div', { class: 'ds' }, side.bet,
    html('div', { class: 'ds-board' }, html('div', { class: 'ds-picture' }, plot.root, said), side.element));
  stage.append(wrap);

  const ball = handle(plot.root, {
    label: '球', x: 3, y: 0, axis: 'x', step: 0.05, className: 'ds-ball',
    toPixel: (x) => plot.onGround(x),
    fromPixel: (px) => [plot.frame.at(px), 0],
    valueText: (x) => (curve() ? `在 ${number(x)}，坡度 ${number(curve().slope(x))}` : ''),
    onMove: (x) => {
      const { low, high } = curve();
      change({ start: clamp(Math.round(x * 1000) / 1000, low, high), walked: 0 });
    },
    onStart: () => { dragging = true; },
    onEnd: () => {
      dragging = false;
      write();
    },
  });

  function curve() {
    return curves[state.valley];
  }

  function walk() {
    return descend(curve(), state.start, state.learning_rate, state.momentum, state.walked);
  }

  /** 立刻改，并告诉 Python。 @param {Record<string, any>} changes */
  function change(changes) {
    playing = 0;
    hop = 0;
    side.playing(false);
    Object.assign(state, changes);
    draw();
    ctx.set(changes);
  }

  /** 走 count 步；一口气走的时候，停稳了、飞了就不再走。 @param {number} count */
  function play(count) {
    const id = (playing = Math.floor(performance.now() * 1000) + 1);
    hop = 0;
    const aim = Math.min(MOST, state.walked + count);
    const over = () => state.walked >= aim || (state.walked > 0 && count > 1 && ended()) || ending() === 'away';
    const done = () => change({ walked: walk().x.length - 1 });
    if (ctx.reducedMotion) {
      while (!over()) state.walked += 1;
      done();
      return;
    }
    side.playing(count > 1);
    if (count > 1) said.textContent = '一步一步往下走……';
    let begun = performance.now();
    const tick = (/** @type {number} */ now) => {
      if (playing !== id) return;
      // 一步也不跳过；只是步子小到看不出来以后，一帧里走好几步。
      let length = pace(count);
      while (now - begun >= length) {
        begun = count === 1 || length === QUICK ? now : begun + length;
        hop = 0;
        state.walked += 1;
        if (over()) {
          done();
          return;
        }
        length = pace(count);
      }
      hop = clamp((now - begun) / length, 0, 1);
      draw();
      requestAnimationFrame(tick);
    };
    if (over()) done();
    else requestAnimationFrame(tick);
  }

  /** 下一步走多少毫秒。 @param {number} count */
  function pace(count) {
    if (count === 1) return HOP;
    const { x } = walk();
    const n = x.length - 1;
    const before = n ? Math.abs(plot.frame.x(x[n]) - plot.frame.x(x[n - 1])) : SLIGHT;
    return before < SLIGHT ? TINY : QUICK;
  }

  /** 不看过程，直接走到头。 */
  function finish() {
    if (!playing) return;
    while (state.walked < MOST && (state.walked === 0 || !ended())) state.walked += 1;
    change({ walked: walk().x.length - 1 });
  }

  /** 再走也没有新东西了：有动量的球到了小旗下面还要晃，不算。 */
  function ended() {
    const walked = walk();
    const x = walked.x[walked.x.length - 1];
    if (x < curve().low || x > curve().high) return true;
    return ending() === 'there' ? settled(walked, curve(), state.momentum, scene) : ending() !== 'walking';
  }

  function ending() {
    return fate(walk(), curve(), state.momentum, scene);
  }

  function draw() {
    if (!scene) return;
    const here = curve();
    const walked = walk();
    const n = walked.x.length - 1;
    plot.show(here, plot.frame.width, plot.frame.height);
    plot.path(walked.x);
    const x = walked.x[n];
    const slope = walked.slope[n];
    const move = state.momentum * (n ? walked.move[n - 1] : 0) - state.learning_rate * slope;
    const out = x < here.low || x > here.high;
    ball.move(clamp(x, here.low, here.high), 0);
    if (hop > 0) lift(x, x + move);
    const home = plot.onGround(here.start);
    origin.setAttribute('x', home[0].toFixed(1));
    origin.setAttribute('y', String(plot.frame.height - 36));
    origin.textContent = Math.abs(x - here.start) > 0.6 ? '起点' : '';
    marks.classList.toggle('is-quiet', hop > 0 || out);
    slopeMark(x, slope);
    nextMark(x, x + move, move);
    record(walked);
    side.write(state, walked, { slope, move, out, near: scene.near, curve: here, best: best[state.valley] });
    wrap.classList.toggle('has-bet', state.bet !== 'none');
    if (!playing) write();
  }

  /** 球在半空：从这里跳到那里。 @param {number} from @param {number} to */
  function lift(from, to) {
    const [ax, ay] = plot.onGround(from);
    const [bx, by] = plot.onGround(to);
    const up = 26 * 4 * hop * (1 - hop);
    ball.element.setAttribute('transform', `translate(${(ax + hop * (bx - ax)).toFixed(1)} ${(ay + hop * (by - ay) - up).toFixed(1)})`);
  }

  /** 切线和它的坡度。 @param {number} x @param {number} slope */
  function slopeMark(x, slope) {
    const [px, py] = plot.onGround(x);
    const { frame } = plot;
    const [vx, vy] = [frame.x(1) - frame.x(0), slope * (frame.y(1) - frame.y(0))];
    const size = Math.sqrt(vx * vx + vy * vy);
    const [ux, uy] = [(vx / size) * TANGENT, (vy / size) * TANGENT];
    tangent.setAttribute('d', `M${(px - ux).toFixed(1)} ${(py - uy).toFixed(1)}L${(px + ux).toFixed(1)} ${(py + uy).toFixed(1)}`);
    drop.setAttribute('d', `M${px.toFixed(1)} ${(py + 10).toFixed(1)}V${frame.height - 30}`);
    slopeText.textContent = `坡度 ${number(slope)}`;
    // 写在切线往上坡去的那一头；那边没有地方，就写在另一头。
    const up = slope > 0 ? 1 : -1;
    const high = px + up * ux + up * LABEL;
    const far = high > 38 && high < frame.width - 4 ? 1 : -1; // 左边 38 像素是刻度
    const end = px + far * up * ux;
    slopeText.setAttribute('text-anchor', far * up > 0 ? 'start' : 'end');
    slopeText.setAttribute('x', (end + far * up * 8).toFixed(1));
    slopeText.setAttribute('y', clamp(py + far * up * uy + (far > 0 ? -4 : Math.abs(uy) < 12 ? -8 : 14), 20, frame.height - 44).toFixed(1));
  }

  /** 下一步：地板上的箭头。 @param {number} from @param {number} to @param {number} move */
  function nextMark(from, to, move) {
    const { frame } = plot;
    const floor = frame.height - 30;
    const [a, b] = [plot.onGround(from)[0], plot.onGround(to)[0]];
    next.setAttribute('d', arrowPath(a, floor, b, floor));
    const wide = Math.abs(b - a) > 34;
    nextText.textContent = wide ? number(move) : '';
    nextText.setAttribute('x', ((a + b) / 2).toFixed(1));
    nextText.setAttribute('y', String(floor - 7));
  }

  /** 记下从起点出发的最好成绩。 @param {import('../lib/descent/walk.js').Walk} walked */
  function record(walked) {
    const here = curve();
    if (Math.abs(state.start - here.start) > 1e-6) return;
    const steps = arrival(walked, here.goal, scene.near);
    if (steps > 0 && steps < (best[state.valley]?.steps ?? Infinity)) {
      best[state.valley] = { steps, rate: state.learning_rate, momentum: state.momentum };
    }
  }

  function write() {
    const text = dragging ? said.textContent : sentence();
    if (said.textContent !== text) said.textContent = text;
  }

  function sentence() {
    const here = curve();
    const walked = walk();
    const n = walked.x.length - 1;
    const x = walked.x[n];
    const way = fate(walked, here, state.momentum, scene);
    if (way === 'there') {
      const steps = arrival(walked, here.goal, scene.near);
      if (steps === 0) return '就放在小旗下面，当然一步也不用走。把球拖远一点。';
      const asked = state.valley === 'bowl' && state.learning_rate === 0.8 && state.momentum === 0 && state.start === 3;
      if (asked && state.bet !== 'none') {
        const mine = spec('bet').options.find((/** @type {string[]} */ one) => one[0] === state.bet)[1];
        return `到了，${steps} 步；你押的是 ${mine}。步子大了一倍，步数成了三倍：每一步都迈过了头。`;
      }
      if (n > steps && state.momentum) {
        return settled(walked, here, state.momentum, scene) ? `第 ${steps} 步到了小旗下面，带着速度冲过去，第 ${n} 步才停稳。`
          : `第 ${steps} 步到过小旗下面，可它带着速度，又冲了过去；现在差 ${number(Math.abs(x - here.goal))}。`;
      }
      return `第 ${steps} 步，离谷底不到 ${number(scene.near)}，到了。`;
    }
    if (way === 'away') {
      return `第 ${n} 步迈了 ${number(walked.move[n - 1])}，飞出了画面，落在 ${number(x)}。坡度只在脚下这一点作数，迈得太远就不灵了。把学习率调小，再来。`;
    }
    if (way === 'swing') return `在 ${number(walked.x[n - 1])} 和 ${number(x)} 之间来回，走多少步都一样远。`;
    if (way === 'stuck') return `脚下几乎是平的，它以为到了。小旗却插在另一个谷里：换一个起点、一个学习率，或者${state.momentum ? '换一个动量' : '给它一点动量'}。`;
    if (!n) return `脚下的坡度是 ${number(walked.slope[0])}，学习率 ${number(state.learning_rate)}，乘起来就是下一步要迈的 ${number(state.learning_rate * Math.abs(walked.slope[0]))}，往下坡迈。`;
    if (n >= MOST) return `走了 ${n} 步还没有到，差 ${number(Math.abs(x - here.goal))}。`;
    const [before, after] = [Math.abs(walked.move[n - 1]), state.learning_rate * Math.abs(walked.slope[n])];
    if (state.momentum) return `动量带着它：上一步 ${number(before)}，下一步里有 ${number(state.momentum)} 倍是从上一步留下来的。`;
    return `坡${after < before ? '缓了，步子自己就短了' : '陡了，步子自己就长了'}：上一步 ${number(before)}，下一步 ${number(after)}。`;
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width || !scene) return;
    const wide = width >= 700;
    wrap.classList.toggle('is-wide', wide);
    const size = Math.round(wide ? Math.min(600, width - 350) : width);
    /** @type {HTMLElement} */ (said.parentElement).style.width = `${size}px`;
    plot.show(curve(), size, Math.round(wide ? 0.72 * size : Math.min(300, 0.82 * size)));
    draw();
  }

  return {
    /** @param {any} given */
    draw(given) {
      const first = !scene;
      scene = given;
      curves = Object.fromEntries(Object.entries(given.curves).map(([name, data]) => [name, curveOf(data)]));
      side.stops(given.stops);
      if (first || (!dragging && !playing)) state = ctx.get();
      if (first) resize();
      else if (!playing) draw();
    },
    resize,
    theme() {},
    destroy() {
      playing = 0;
      ball.destroy();
      wrap.remove();
    },
  };
}
