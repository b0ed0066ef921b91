// @ts-check
/** 封面：一张大纸，一个大手柄，两件可做的事：换个种子重新学，放点难为它。 */
import { el } from '../dom.js';
import { palette } from './palette.js';
import { Paper } from './paper.js';
import { placing } from './placing.js';
import { scrubber } from './scrubber.js';
import '../style/network.css';

const A_TURN = 4; // 每次请 Python 走几步再画一幅。
const ENOUGH = 140;
const MOST = 600;

/** @param {HTMLElement} stage @param {any} ctx */
export default function cover(stage, ctx) {
  stage.classList.add('jn', 'jn-cover');
  const canvas = /** @type {HTMLCanvasElement} */ (el('canvas', { 'aria-hidden': 'true' }));
  const plane = el('div', { class: 'jn-plane' }, canvas);
  const told = el('p', { class: 'jn-told' });
  const learn = el('button', { type: 'button', class: 'ex-button' }, '换个起点，看它学');
  const tease = el('button', { type: 'button', class: 'ex-button', 'aria-expanded': 'false' }, '放点难为它');
  const again = el('button', { type: 'button', class: 'ex-button primary' }, '让它接着学');
  const tools = el('div', { class: 'jn-tools', hidden: '' });
  const paper = new Paper(canvas, { reduced: () => ctx.reducedMotion, dot: 4.4, bare: true, every: 4 });
  /** @type {any} */
  let scene = null;
  let tried = false; // 学到头还没学会
  let learning = 0; // 这一次学习是几时开始的；0 是没在学。
  let known = 0; // 上次知道的 position
  let mine = -1e4; // 读者上次放手是几时

  stage.append(plane);
  const scrub = scrubber(stage, {
    label: '把纸弯到哪里', grip: '拖我',
    onMove: (s) => { paper.go(s); tell(); },
    onEnd: () => {
      known = scrub.value();
      mine = performance.now();
      ctx.set({ position: known });
    },
    text: (s) => words(s),
  });
  stage.append(told, el('div', { class: 'jn-acts' }, learn, tease), tools);
  const pen = placing(plane, tools, {
    get: () => ctx.get().points,
    set: (points) => {
      tried = false;
      ctx.set({ points });
    },
    at: (px, py) => paper.at(px, py),
    pixel: (x, y) => [paper.frame.x + x * paper.frame.scale, paper.frame.y - y * paper.frame.scale],
    reach: 1.25, limit: 200,
    onTool: (tool) => { if (tool) scrub.glide(0, ctx.reducedMotion); },
  });
  tools.append(again);

  learn.addEventListener('click', () => {
    if (learning) { stop(); return; }
    if (scrub.value() < 0.9) scrub.glide(1, ctx.reducedMotion);
    const seed = (ctx.get().seed % 9999) + 1;
    train(() => ctx.set({ seed, trained: false }));
  });
  again.addEventListener('click', () => {
    if (learning) { stop(); return; }
    if (scrub.value() < 0.9) scrub.glide(1, ctx.reducedMotion);
    train(null);
  });
  tease.addEventListener('click', () => {
    tools.hidden = !tools.hidden;
    tease.setAttribute('aria-expanded', String(!tools.hidden));
    pen.choose(tools.hidden ? '' : '0');
  });

  function stop() {
    learning = 0;
    learn.textContent = '换个起点，看它学';
    again.textContent = '让它接着学';
    tell();
  }

  /** 一小步一小步地学，每一步都画出来。 @param {null | (() => Promise<any>)} begin */
  async function train(begin) {
    const turn = (learning = performance.now());
    tried = false;
    pen.choose('');
    learn.textContent = '停';
    again.textContent = '停';
    if (begin && !(await begin())) { if (learning === turn) stop(); return; }
    const from = scene?.steps ?? 0;
    while (learning === turn && stage.isConnected) {
      const answer = await ctx.step(A_TURN);
      if (!answer || learning !== turn) break;
      const walked = (scene?.steps ?? 0) - from;
      if ((!scene.wrong && walked >= ENOUGH) || walked >= MOST || (scene.stuck && walked > 320)) break;
      await new Promise((done) => { requestAnimationFrame(done); });
    }
    tried = Boolean(scene?.wrong);
    if (learning === turn) stop();
  }

  /** @param {number} s */
  function words(s) {
    if (!scene) return '';
    const layers = scene.net.layers.length;
    if (s <= 0) return '还没有弯的纸';
    if (s >= 1) return '弯到头了';
    return `第 ${Math.min(layers, Math.floor(s * layers) + 1)} 层，共 ${layers} 层`;
  }

  function tell() {
    if (!scene) return;
    const s = scrub.value();
    const { wrong, count } = scene;
    let text = '';
    if (learning) text = `正在学：第 ${scene.steps ?? 0} 步，${count} 个点里还分错 ${wrong} 个`;
    else if (tried && scene.own && wrong) text = `学不会：还分错 ${wrong} 个。纸只许弯，不许撕：被另一种颜色围住的点出不来。`;
    else if (!tools.hidden && wrong) text = `${count} 个点里分错 ${wrong} 个（套着圈的）。它还能学会吗？`;
    else if (scene.stuck && wrong) text = `卡住了，还分错 ${wrong} 个。再换个起点试试。`;
    else if (s < 0.02) text = '现在没有一条直线能把两种颜色分开。';
    else if (s > 0.98) text = wrong ? `一条直线分开了，只错 ${wrong} 个。` : `${count} 个点，一条直线全部分开。`;
    else text = words(s) + '。纸没有撕开，也没有叠起来。';
    if (told.textContent !== text) told.textContent = text;
    again.hidden = !(scene.own || wrong);
  }

  function size() {
    const width = stage.clientWidth || 320;
    paper.resize(width, Math.round(Math.min(0.92 * width, 480)));
  }

  size();
  paper.paint(palette(stage));
  return {
    /** @param {any} next */
    draw(next) {
      const first = !scene;
      scene = next;
      scrub.layers(next.net.layers.length);
      const wanted = ctx.get().position;
      // 刚放手的一小会儿里，路上的旧答复不许把手柄拉回去。
      if (first || (Math.abs(wanted - known) > 1e-9 && performance.now() - mine > 500)) {
        scrub.show(wanted);
        paper.go(wanted);
      }
      if (performance.now() - mine > 500) known = wanted;
      paper.show(next);
      pen.update();
      tell();
    },
    resize: size,
    theme() { paper.paint(palette(stage)); },
    destroy() {
      learning = 0;
      scrub.destroy();
      paper.destroy();
    },
  };
}
