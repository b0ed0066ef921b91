// @ts-check
/**
 * 猜图形：一棵提问树，读者点图形把它换到问题的另一边；树的期望当场加出来，和熵比。
 * 藏着的图形由 Python 抽好，一局一局地猜，平均值在期望的上下晃。
 */
import { number } from '../lib/axes.js';
import { choiceField, html, sliderField } from '../lib/fields.js';
import { board } from '../lib/questions/board.js';
import { roundsPlot } from '../lib/questions/rounds.js';
import { codesOf, layout, moved, treeOf, weighed } from '../lib/questions/tree.js';
import '../style/questions.css';

const PACE = 420; // 一个问题停多久（毫秒）
const MANY = 50;
const CLOSE = 1e-6; // 烘焙的数是单精度的

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let scene = null;
  let values = ctx.get();
  /** @type {import('../lib/questions/tree.js').Tree} */
  let tree = 0;
  let best = Infinity; // 读者在这组机会上到过的最低
  let asking = 0; // 正在演的一局
  let path = -1;
  let mine = -1e4; // 上次动手是几时
  /** @type {ReturnType<typeof parts> | null} */
  let ui = null;

  const spec = (/** @type {string} */ name) => ctx.controls.find((/** @type {any} */ c) => c.name === name);
  const odds = () => scene.odds.find((/** @type {any} */ one) => one.key === values.odds);

  // —— 画 ——

  function draw() {
    if (!scene || !ui) return;
    const now = odds();
    const plan = layout(tree, scene.shapes.length);
    const asked = Array.from(now.draws.data, (/** @type {number} */ i) => plan.depth[i]);
    const rounds = values.rounds;
    const hit = rounds ? now.draws.data[rounds - 1] : -1;
    const open = values.bet !== 'none';
    ui.board.draw(plan, now, { ideal: values.ideal && open, hit, path: path < 0 ? plan.depth[hit] ?? 0 : path });
    const expected = weighed(now.p.data, plan.depth);
    best = Math.min(best, expected);
    const average = ui.plot.draw(asked, rounds - (path < 0 ? 0 : 1), expected, open ? now.entropy : null);
    ui.expected.textContent = number(expected);
    ui.entropy.textContent = open ? number(now.entropy) : '押了再看';
    ui.entropy.classList.toggle('is-closed', !open);
    ui.expected.classList.toggle('is-best', open && expected - now.entropy < CLOSE);
    ui.chips.hidden = !open;
    ui.rounds.update(rounds);
    ui.bet.update(values.bet);
    ui.odds.update(values.odds);
    ui.ideal.checked = values.ideal;
    say(sentence(now, expected, average, plan, hit));
  }

  /** @param {any} now @param {number} expected @param {number} average @param {{depth: number[]}} plan @param {number} hit */
  function sentence(now, expected, average, plan, hit) {
    const lines = [];
    if (values.bet === 'none') lines.push('点任何一个图形，它就换到那个问题的另一边。盒子上的百分数是这个问题被问到的机会。');
    else if (expected - now.entropy < CLOSE) lines.push(`正好到了下限。${values.bet === 'no' && expected < 3 ? '原来办得到。' : ''}再怎么改，也低不下去了。`);
    else if (expected - now.best_mean < CLOSE) lines.push(`这已经是最省的一棵树，还比下限多 ${number(expected - now.entropy)} 个：机会不是正好对半，问题就分不匀。`);
    else if (Math.abs(best - expected) > CLOSE) lines.push(`你到过 ${number(best)} 个。把常出现的图形早些问掉。`);
    else lines.push(`比下限多 ${number(expected - now.entropy)} 个。盒子上的百分数加起来，就是平均的个数。`);
    if (path >= 0) return lines[0];
    if (values.rounds) {
      lines.push(`第 ${values.rounds} 局藏的是${scene.shapes[hit]}，问了 ${plan.depth[hit]} 个；${values.rounds} 局平均 ${number(average)} 个。`);
    }
    return lines.join('');
  }

  /** @param {string} text */
  function say(text) {
    if (ui && ui.said.textContent !== text) ui.said.textContent = text;
  }

  // —— 动 ——

  /** @param {Record<string, any>} changes */
  function change(changes) {
    mine = performance.now();
    values = { ...values, ...changes };
    if (changes.odds) best = Infinity;
    if (changes.tree) tree = treeOf(changes.tree);
    stop();
    draw();
    ctx.set(changes);
  }

  /** @param {number} which @param {number} row */
  function flip(which, row) {
    change({ tree: codesOf(moved(tree, which, row), scene.shapes.length) });
  }

  function stop() {
    asking = 0;
    path = -1;
  }

  /** 猜一局：一个问题一个问题地亮起来。 */
  function playOne() {
    const rounds = Math.min(spec('rounds').high, values.rounds + 1);
    if (rounds === values.rounds) return;
    change({ rounds });
    if (ctx.reducedMotion) return;
    const deepest = layout(tree, scene.shapes.length).depth[odds().draws.data[rounds - 1]];
    const turn = (asking = performance.now());
    path = 0;
    const begun = performance.now();
    const tick = (/** @type {number} */ at) => {
      if (asking !== turn || !stage.isConnected) return;
      const reached = Math.min(deepest, Math.floor(Math.max(0, at - begun) / PACE) + 1);
      if (reached !== path) {
        path = reached;
        draw();
      }
      if (at - begun < PACE * (deepest + 0.4)) requestAnimationFrame(tick);
      else {
        stop();
        draw();
      }
    };
    draw();
    requestAnimationFrame(tick);
  }

  // —— 搭起来 ——

  function parts() {
    const bet = choiceField({ label: spec('bet').label, options: spec('bet').options, onPick: (v) => change({ bet: v }) });
    const chance = choiceField({ label: spec('odds').label, options: spec('odds').options, onPick: (v) => change({ odds: v }) });
    const tiles = board(scene.shapes, flip);
    const plot = roundsPlot(spec('rounds').high);
    const rounds = sliderField({
      label: '看到第几局', low: 0, high: spec('rounds').high, step: 1,
      text: (v) => `${v} 局`, onInput: (v) => change({ rounds: v }),
    });
    const [expected, entropy] = [html('b', {}), html('b', {})];
    const said = html('p', { class: 'q-said', 'aria-live': 'polite' });
    const ideal = html('input', { type: 'checkbox', id: `q-ideal-${Math.floor(performance.now() * 1000)}` });
    ideal.addEventListener('change', () => change({ ideal: ideal.checked }));
    const chips = html('div', { class: 'q-chips' },
      ...scene.trees.map((/** @type {any} */ one) => press(one.name, () => change({ tree: [...one.codes] }))),
      press('最省的树', () => change({ tree: [...odds().best] })),
      html('label', { class: 'q-tick' }, ideal, spec('ideal').label));
    const play = html('div', { class: 'q-play' },
      press('猜一局', playOne),
      press(`连猜 ${MANY} 局`, () => change({ rounds: Math.min(spec('rounds').high, values.rounds + MANY) })),
      press(spec('again').label, () => { stop(); ctx.act('again'); }));
    const side = html('div', { class: 'q-side' }, said, chips, play, rounds.element, plot.element);
    const wrap = html('div', { class: 'qt' },
      html('div', { class: 'q-bet' }, html('span', {}, spec('bet').label), bet.element),
      html('div', { class: 'q-odds' }, html('span', {}, spec('odds').label), chance.element),
      html('div', { class: 'q-body' },
        html('div', { class: 'q-main' },
          html('div', { class: 'q-score' },
            html('p', {}, html('span', {}, '这棵树平均要问'), expected, html('span', {}, '个')),
            html('p', {}, html('span', {}, '哪棵树都不会少于'), entropy)),
          tiles.element),
        side));
    stage.append(wrap);
    return { wrap, side, bet, odds: chance, board: tiles, plot, rounds, expected, entropy, said, ideal, chips };
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width || !ui) return;
    const wide = width >= 760;
    ui.wrap.classList.toggle('is-wide', wide);
    const main = wide ? Math.min(500, Math.round(width * 0.54)) : Math.min(width, 520);
    ui.board.resize(main);
    ui.plot.resize(wide ? Math.min(460, width - main - 44) : Math.min(width, 520));
    draw();
  }

  return {
    /** @param {any} next */
    draw(next) {
      scene = next;
      // 读者刚动过手的时候，路上的旧答复不许把树拉回去。
      if (performance.now() - mine > 500 || !ui) {
        values = ctx.get();
        tree = treeOf(values.tree);
      }
      if (!ui) {
        ui = parts();
        resize();
        return;
      }
      draw();
    },
    resize,
    theme() {},
    destroy() {
      stop();
      ui?.wrap.remove();
    },
  };
}

/** @param {string} text @param {() => void} act */
function press(text, act) {
  const node = html('button', { type: 'button', class: 'ex-button' }, text);
  node.addEventListener('click', act);
  return node;
}
