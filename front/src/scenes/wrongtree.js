// @ts-check
/**
 * 用错了的树：两盒签，甲的树用在乙上，乙的树用在甲上。两边各拖自己的机会，两边的高都跟着变；
 * 意外和整数的树都查表。
 */
import { number } from '../lib/axes.js';
import { html } from '../lib/fields.js';
import { panel } from '../lib/wrongtree/panel.js';
import '../style/wrongtree.css';

const CLOSE = 1e-6;

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let scene = null;
  /** @type {{p: number[], q: number[]}} */
  let boxes = { p: [], q: [] };
  /** 签的分法 → 树表里的第几行。 @type {Map<string, number>} */
  const rows = new Map();
  let mine = -1e4;
  let dragging = false;
  /** @type {ReturnType<typeof parts> | null} */
  let ui = null;

  function draw() {
    if (!scene || !ui) return;
    const surprise = scene.surprise.data;
    const [there, back] = [
      ui.left.draw(boxes.p, boxes.q, surprise, leaves(boxes.q), scene.no_leaf),
      ui.right.draw(boxes.q, boxes.p, surprise, leaves(boxes.p), scene.no_leaf),
    ];
    for (const { node, preset } of ui.chips) {
      node.setAttribute('aria-pressed', String(same(preset.p, boxes.p) && same(preset.q, boxes.q)));
    }
    if (!dragging) {
      ui.note.textContent = `蓝的是多问的，橙的是少问的${there.apart || back.apart ? '；短虚线是真的树，题数只能是整数' : ''}。`;
      const text = sentence(there, back);
      if (ui.said.textContent !== text) ui.said.textContent = text;
    }
  }

  /** @param {number[]} box */
  function leaves(box) {
    const row = rows.get(box.join()) ?? 0;
    return Array.from({ length: box.length }, (_, i) => scene.trees.data[row * box.length + i]);
  }

  /** @param {import('../lib/wrongtree/panel.js').Read} there @param {import('../lib/wrongtree/panel.js').Read} back */
  function sentence(there, back) {
    if (there.extra < CLOSE) return '两盒一样：树没有用错，一个也不多问。';
    const [one, two] = [there.extra === Infinity, back.extra === Infinity];
    if (one && two) return '两边都有抽得到、树上却没有的图形，两边都是无穷。让其中一盒的每种图形，另一盒都有。';
    if (one || two) {
      const [real, tree] = one ? ['甲', '乙'] : ['乙', '甲'];
      return `办到了。盒子${tree}里没有的图形，盒子${real}里有：一个方向无穷，反过来只多问 ${number(one ? back.extra : there.extra)} 个。`;
    }
    const whole = ownWhole(boxes.p);
    const gap = there.whole - whole - there.extra;
    if (Math.abs(there.whole - there.cross) < CLOSE && Math.abs(gap) < CLOSE) {
      return `机会正好是一半一半地分的，题数是整数：从甲抽签、照乙来问，问 ${number(there.whole, 6)} 个，多的 ${number(there.extra, 6)} 个就是 KL 散度，分毫不差。`;
    }
    return `真的树上，从甲抽签要问 ${number(there.whole)} 个，比甲自己的树多 ${number(Math.max(0, there.whole - whole))} 个。题数也可以不是整数，多的才正好是 KL 散度 ${number(there.extra)}。`;
  }

  /** 照自己造的整数的树平均问几个。 @param {number[]} box */
  function ownWhole(box) {
    return leaves(box).reduce((sum, n, i) => sum + (box[i] ? (box[i] / scene.slips) * n : 0), 0);
  }

  /** @param {Partial<{p: number[], q: number[]}>} changes */
  function change(changes) {
    mine = performance.now();
    boxes = { ...boxes, ...changes };
    draw();
    ctx.set(changes);
  }

  function parts() {
    const side = (/** @type {'p' | 'q'} */ name, /** @type {string} */ real, /** @type {string} */ tree) => panel({
      real, tree, slips: scene.slips, shapes: scene.shapes,
      onMove: (next) => change({ [name]: next }),
      onStart: () => { dragging = true; },
      onEnd: () => { dragging = false; draw(); },
    });
    const [left, right] = [side('p', '甲', '乙'), side('q', '乙', '甲')];
    const chips = scene.presets.map((/** @type {any} */ preset) => {
      const node = html('button', { type: 'button', class: 'ex-button', 'aria-pressed': 'false' }, preset.name);
      node.addEventListener('click', () => change({ p: [...preset.p], q: [...preset.q] }));
      return { node, preset };
    });
    const note = html('p', { class: 'w-note' });
    const said = html('p', { class: 'w-said', 'aria-live': 'polite' });
    const wrap = html('div', { class: 'wt' },
      html('div', { class: 'w-chips', role: 'group', 'aria-label': '现成的两盒签' }, ...chips.map((/** @type {any} */ c) => c.node)),
      html('div', { class: 'w-panels' }, left.element, right.element),
      note,
      said);
    stage.append(wrap);
    return { wrap, left, right, chips, note, said };
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width || !ui) return;
    const wide = width >= 700;
    ui.wrap.classList.toggle('is-wide', wide);
    const each = wide ? Math.floor((width - 40) / 2) : Math.min(width, 560);
    ui.left.resize(each, wide ? 320 : 270);
    ui.right.resize(each, wide ? 320 : 270);
    draw();
  }

  return {
    /** @param {any} next */
    draw(next) {
      scene = next;
      if (!rows.size) numberRows();
      // 读者刚动过手的时候，路上的旧答复不许把边界拉回去。
      if (!dragging && (performance.now() - mine > 500 || !ui)) {
        const { p, q } = ctx.get();
        boxes = { p: [...p], q: [...q] };
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
      ui?.left.destroy();
      ui?.right.destroy();
      ui?.wrap.remove();
    },
  };

  /** 树表按签数的字典序排。 */
  function numberRows() {
    const n = scene.slips;
    for (let a = 0; a <= n; a += 1) {
      for (let b = 0; b <= n - a; b += 1) {
        for (let c = 0; c <= n - a - b; c += 1) rows.set([a, b, c, n - a - b - c].join(), rows.size);
      }
    }
  }
}

/** @param {number[]} a @param {number[]} b */
function same(a, b) {
  return a.every((v, i) => v === b[i]);
}
