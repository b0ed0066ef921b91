// @ts-check
/**
 * 三扇门：读者按门来玩，一按就有回应，不等 Python；门的下面是全部可能的情形，主持人开了门，
 * 还活着的格子亮着。机器玩的一万局由 Python 算，画成两条胜率的线。
 */
import { choiceField, html, sliderField } from '../lib/fields.js';
import { cases } from '../lib/doors/cases.js';
import { rates } from '../lib/doors/rates.js';
import { room } from '../lib/doors/room.js';
import { exact, mayChoose, openDoors, pointed, ruleOf, sameRule, signature } from '../lib/doors/rules.js';
import '../style/doors.css';

const WAIT = 500; // 毫秒：主持人走过来要一会儿
const KINDS = 5; // 战绩里的五个数：不换的局数、赢的，换的局数、赢的，作废

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let scene = null;
  let rule = ruleOf(ctx.get());
  let shownRun = '';
  let dealt = 0; // 发过几局，规则换了也接着往下发
  let rows = 1;
  let waiting = 0;
  /** @type {{phase: 'pick' | 'wait' | 'offer' | 'over', pick: number, car: number, chosen: number, open: number[], last: number}} */
  let game = fresh();

  const spec = (/** @type {string} */ name) => ctx.controls.find((/** @type {any} */ c) => c.name === name);
  const count = sliderField({
    label: spec('doors').label, low: spec('doors').low, high: spec('doors').high, step: 1,
    text: (n) => `${n} 扇`, onInput: (doors) => change({ doors }),
  });
  const opens = choiceField({ label: spec('opens').label, options: spec('opens').options, onPick: (value) => change({ opens: value }) });
  const host = choiceField({ label: spec('host').label, options: spec('host').options, onPick: (value) => change({ host: value }) });
  const opensRow = html('div', { class: 'doors-pick' }, html('span', {}, '他开门'), opens.element);

  const said = html('p', { class: 'doors-say', 'aria-live': 'polite' });
  const why = html('p', { class: 'doors-why' });
  const house = room(press);
  const square = cases();
  const plot = rates();
  const table = scoreTable();
  const played = html('p', { class: 'doors-played' });
  const another = html('button', { type: 'button', class: 'ex-button doors-another' }, '让机器另玩一批');
  another.addEventListener('click', () => ctx.set({ batch: (ctx.get().batch % 999) + 1 }));
  const game_ = html('div', { class: 'doors-game' }, said, house.element, square.picture, why);
  const wrap = html('div', { class: 'doors' },
    html('div', { class: 'doors-rule' }, count.element,
      html('div', { class: 'doors-pick' }, html('span', {}, '主持人'), host.element), opensRow),
    html('div', { class: 'doors-board' }, game_, html('div', { class: 'doors-score' }, table.element, plot.picture, played, another)));
  stage.append(wrap);

  function fresh() {
    return /** @type {typeof game} */ ({ phase: 'pick', pick: -1, car: -1, chosen: -1, open: [], last: -1 });
  }

  /** 现在这种规则下的战绩；换了规则，旧的不算。 @returns {number[]} */
  function record() {
    const kept = ctx.get().record;
    return signature(rule).every((v, k) => v === kept[k]) ? kept.slice(3) : Array(KINDS).fill(0);
  }

  /** @param {(now: number[]) => void} edit */
  function score(edit) {
    const now = record();
    edit(now);
    ctx.set({ record: [...signature(rule), ...now] });
  }

  // —— 玩 ——

  /** @param {number} door */
  function press(door) {
    if (!scene || game.phase === 'wait') return;
    if (game.phase === 'offer') {
      if (!game.open.includes(door)) settle(door);
      return;
    }
    const at = 2 * (dealt % scene.deal.shape[0]);
    dealt += 1;
    const chance = [scene.deal.data[at], scene.deal.data[at + 1]];
    game = { ...fresh(), phase: 'wait', pick: door, car: pointed(chance[0], rule.doors) };
    const may = mayChoose(rule, door, game.car);
    const chosen = may[pointed(chance[1], may.length)];
    draw();
    clearTimeout(waiting);
    waiting = window.setTimeout(() => reveal(chosen), ctx.reducedMotion ? 0 : WAIT);
  }

  /** 主持人开门。 @param {number} chosen */
  function reveal(chosen) {
    game.chosen = chosen;
    game.open = openDoors(rule, game.pick, chosen);
    game.phase = game.open.includes(game.car) ? 'over' : 'offer';
    if (game.phase === 'over') score((now) => { now[4] += 1; });
    draw();
  }

  /** 读者定了要哪扇。 @param {number} door */
  function settle(door) {
    game.phase = 'over';
    game.last = door;
    const kind = door === game.pick ? 0 : 2;
    score((now) => {
      now[kind] += 1;
      if (door === game.car) now[kind + 1] += 1;
    });
    draw();
  }

  /** @param {any} changes */
  function change(changes) {
    const next = { ...rule, ...changes };
    if (sameRule(rule, next)) return;
    begin(next);
    ctx.set(changes);
  }

  /** 换了规则，开一局新的。 @param {typeof rule} next */
  function begin(next) {
    clearTimeout(waiting);
    rule = next;
    game = fresh();
    resize();
  }

  // —— 画 ——

  function draw() {
    if (!scene) return;
    const over = game.phase === 'over';
    const voided = over && game.last < 0;
    house.draw(Array.from({ length: rule.doors }, (_, k) => {
      const open = game.open.includes(k) || over;
      const what = open ? (k === game.car ? 'car' : 'goat') : '';
      const mine = k === game.pick;
      const offered = game.phase === 'offer' && !game.open.includes(k);
      const tag = offered ? (mine ? '不换' : '换') : over && !voided && k === game.last ? '你要的' : mine ? '你挑的' : '';
      const look = game.phase === 'pick' ? '' : mine ? 'is-mine' : offered || (over && k === game.last) ? 'is-other' : '';
      const says = `${open ? `开着，后面是${k === game.car ? '车' : '羊'}` : '关着'}${tag ? `，${offered ? `按它就${tag}` : tag}` : ''}`;
      return { open, what, tag, look, says };
    }));
    square.draw(rule, { pick: game.pick, chosen: game.chosen, car: over ? game.car : -1 });
    write();
    scoreChanged();
    run();
  }

  /** 门上的话。 */
  function sentence() {
    const name = (/** @type {number} */ k) => `${k + 1} 号`;
    const goats = rule.doors - 1;
    if (game.phase === 'pick') return `一扇后面是车，${goats} 扇后面是羊。按一扇，就是挑它。`;
    if (game.phase === 'wait') return `你挑了 ${name(game.pick)}。主持人走过来……`;
    const did = game.open.length === 1 ? `主持人打开 ${name(game.open[0])}` : `主持人打开了 ${game.open.length} 扇`;
    if (game.phase === 'over' && game.last < 0) return `${did}，开出了车。这一局作废；再按一扇，开始下一局。`;
    if (game.phase === 'over') {
      const changed = game.last === game.pick ? '没换' : '换了';
      return `车在 ${name(game.car)}。你${changed}，${game.last === game.car ? '赢了' : '输了'}。再按一扇，开始下一局。`;
    }
    const left = Array.from({ length: rule.doors }, (_, k) => k).filter((k) => k !== game.pick && !game.open.includes(k));
    const other = left.length === 1 ? name(left[0]) : '别的一扇';
    return `${did}，${game.open.length === 1 ? '' : '都'}是羊。不换就再按 ${name(game.pick)}，换就按${left.length === 1 ? ' ' : ''}${other}。`;
  }

  /** 方块下面的话。 */
  function reason() {
    if (game.phase === 'pick') {
      const columns = rows > 1 ? '从左到右，一列一列是车在 1 号、2 号……后面' : '每扇门的正下方，是车在它后面的情形';
      return `${columns}；面积就是机会。`;
    }
    const kinds = `橙：车在 ${game.pick + 1} 号后面，不换才赢；蓝：车在别处。`;
    if (game.phase === 'wait') return kinds + cut();
    if (game.phase === 'over') return game.last < 0 ? '灰的一格：他自己开出了车。' : '原来发生的是这一格。';
    if (secret()) return `${kinds}${cut()}亮着的是还可能的。`;
    const chance = exact(scene, rule);
    const left = rule.doors - 1 - game.open.length;
    const share = left === 1 ? '' : `，分在 ${left} 扇门后，换到一扇是 ${chance.switch}`;
    return `${kinds}${cut()}亮着的面积里，蓝占 ${chance.elsewhere}${share}。`;
  }

  /** 三扇门的格子里写着「开 2」：说一声那是什么，为什么橙的一列切成两半。 */
  function cut() {
    if (rule.doors > 3 || rule.host !== 'knows') return '';
    return `「开 ${game.pick === 1 ? 1 : 2}」是主持人开 ${game.pick === 1 ? 1 : 2} 号。你挑中车时，他两扇都能开，所以那一列切成两半。`;
  }

  function write() {
    const texts = /** @type {[HTMLElement, string][]} */ ([[said, sentence()], [why, reason()]]);
    for (const [node, text] of texts) if (node.textContent !== text) node.textContent = text;
  }

  /** 还一局都没有玩过，机器也没有玩过：算出来的答案先不摆出来，好让读者先猜。 */
  function secret() {
    const now = record();
    return !(now[0] + now[2]) && !scene.games;
  }

  function scoreChanged() {
    const now = record();
    plot.picture.classList.toggle('is-secret', secret());
    table.write(now, rule.host === 'random');
    plot.mine(scene, [[now[0], Math.min(now[0], now[1])], [now[2], Math.min(now[2], now[3])]]);
  }

  /** 机器玩的局。 */
  function run() {
    const fits = sameRule(rule, scene);
    const key = secret() + (fits ? [scene.games, scene.won, scene.void, rule.doors].join() : '');
    if (key === shownRun) return;
    shownRun = key;
    plot.run(scene, fits);
    const none = !fits || !scene.games;
    another.hidden = none;
    const percent = (/** @type {number} */ k) => `${Math.round(scene.rates[k] * 1000) / 10}%`;
    const spoiled = rule.host === 'random' ? `，作废 ${scene.void} 局` : '';
    plot.picture.classList.toggle('is-secret', secret());
    played.textContent = secret() ? '先玩几局，或者按「运行」让机器玩；算出来的胜率到那时才摆出来。' : none ? '细线是算出来的，雾是该有的起伏。按「运行」，机器玩出来的是粗线。'
      : `机器玩了 ${scene.games} 局${spoiled}：换赢了 ${scene.counted ? percent(1) : '0%'}，不换赢了 ${scene.counted ? percent(0) : '0%'}。`;
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width || !scene) return;
    const wide = width >= 720;
    wrap.classList.toggle('is-wide', wide);
    const left = Math.round(wide ? width * 0.58 : width);
    rows = house.fit(left, rule.doors);
    square.resize(left, Math.round(rows > 1 ? 150 : Math.min(200, Math.max(150, left * 0.36))));
    const right = wide ? width - left - 32 : width;
    plot.resize(right, Math.round(Math.min(300, Math.max(210, right * 0.72))));
    opensRow.hidden = rule.doors === 3; // 三扇门，开一扇就是只留一扇
    count.update(rule.doors);
    opens.update(rule.opens);
    host.update(rule.host);
    plot.frame(scene, exact(scene, rule));
    shownRun = '-';
    run();
    draw();
  }

  return {
    /** @param {any} next */
    draw(next) {
      const first = !scene;
      scene = next;
      const values = ruleOf(ctx.get());
      if (first || !sameRule(rule, values)) {
        begin(values);
        if (first) dealt = record().reduce((a, b, k) => a + (k === 1 || k === 3 ? 0 : b), 0);
        return;
      }
      run();
      scoreChanged();
    },
    resize,
    theme() {},
    destroy() {
      clearTimeout(waiting);
      wrap.remove();
    },
  };
}

/** 读者的战绩：不换和换，各玩了几局、赢了几局。 */
function scoreTable() {
  const cells = Array.from({ length: 6 }, () => html('td', {}));
  const head = html('tr', {}, ...['你的战绩', '玩了', '赢了', '胜率'].map((word) => html('th', { scope: 'col' }, word)));
  const rows = ['不换', '换'].map((word, k) => html('tr', { class: `doors-row-${k ? 'switch' : 'stay'}` },
    html('th', { scope: 'row' }, word), ...cells.slice(3 * k, 3 * k + 3)));
  const spoiled = html('caption', {});
  const element = html('table', { class: 'doors-table' }, spoiled, head, ...rows);
  return {
    element,
    /** @param {number[]} record @param {boolean} mayVoid */
    write(record, mayVoid) {
      [0, 1].forEach((k) => {
        const [games, won] = [record[2 * k], Math.min(record[2 * k], record[2 * k + 1])];
        const texts = [String(games), String(won), games ? `${Math.round((100 * won) / games)}%` : '—'];
        texts.forEach((text, i) => { if (cells[3 * k + i].textContent !== text) cells[3 * k + i].textContent = text; });
      });
      spoiled.textContent = mayVoid ? `作废的不算：${record[4]} 局` : '';
    },
  };
}
