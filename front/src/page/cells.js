// @ts-check
/**
 * 页上的代码格：运行、运行到这里、改、还原、停。一页一个名字空间，在代码格自己的线程里。
 *
 * 没有运行过的格显示笔记本里存下的结果；运行之后换成刚算出来的。线程停过一次，名字就都没有了，
 * 下一次运行先把上面跑过的格重新跑一遍，并且说出来。
 */
import { fromMessage } from '../codec.js';
import { el, svgIcon } from '../dom.js';
import { Shell } from '../shell.js';
import { CodeBox } from './cells-box.js';
import { Kernel } from './cells-kernel.js';
import { Result } from './cells-output.js';

/** @typedef {{config: any, sceneModule: (kind: string) => Promise<any>,
 *   drawn: (id: string, shell: Shell) => void}} Page 页面借给这里的：引擎的地址、场景模块、登记一幅图 */

const ENDED = {
  stopped: '停下了。',
  failed: 'Python 没有启动起来：',
  crashed: '计算线程意外结束了，多半是用的内存太多。',
  memory: '内存用到了上限，计算线程重新开始了。',
};

/** @type {Cell[]} */
const cells = [];
/** @type {Kernel|null} */
let kernel = null;
/** @type {Page} */
let page;
/** 停一次加一；排着队的看到它变了就不再跑。 */
let stops = 0;
/** @type {Promise<any>} */
let busy = Promise.resolve();

/** 全页共用的内核；代码题也用它。 */
export function theKernel() {
  if (!kernel) {
    kernel = new Kernel(page.config);
    kernel.onEnd.push(() => {
      stops += 1;
      for (const cell of cells) cell.lost();
    });
  }
  return kernel;
}

/** @param {string} text @param {string} title @param {() => void} act @param {string} [icon] */
export function cellButton(text, title, act, icon) {
  const node = /** @type {HTMLButtonElement} */ (el('button', { type: 'button', class: 'cell-button', title },
    ...(icon ? [svgIcon(icon)] : []), el('span', {}, text)));
  node.addEventListener('click', act);
  return node;
}

class Cell {
  /** @param {HTMLElement} root @param {any} data @param {HTMLElement} pre */
  constructor(root, data, pre) {
    this.root = root;
    this.label = String(data.number);
    this.index = cells.length;
    /** 在现在的线程里跑成功过；线程停了以后，是要重新跑的。 */
    this.ran = false;
    this.again = false;
    this.saved = /** @type {HTMLElement|null} */ (root.querySelector('.cell_output'));
    const savedFold = this.saved?.closest('details');
    if (savedFold && !savedFold.contains(pre)) this.saved = savedFold;
    this.result = new Result(this.label, draw);
    this.box = new CodeBox(pre, {
      key: `zhi-cell:${data.page}:${data.id}`, name: `代码 ${this.label}`,
      run: () => this.start(), changed: () => this.refresh(), opened: () => this.refresh(),
    });
    this.buildTools(pre);
    if (this.saved) this.saved.after(this.result.element);
    else root.append(this.result.element);
    this.refresh();
  }

  /** @param {HTMLElement} pre */
  buildTools(pre) {
    this.runButton = cellButton('运行', '运行这一格（Ctrl+回车）', () => this.start(), 'run');
    this.toHere = cellButton('运行到这里', '从第一格起，依次运行到这一格', () => this.startToHere());
    this.change = cellButton('改', '改这一格的代码', () => this.open());
    this.back = cellButton('还原', '换回原来的代码和结果', () => this.restore());
    this.stopButton = cellButton('停', '结束计算线程', () => theKernel().stop());
    this.state = el('span', { class: 'cell-state', role: 'status' });
    const name = el('span', { class: 'cell-name' }, `代码 ${this.label}`);
    this.tools = el('div', { class: 'cell-tools', role: 'group', 'aria-label': `代码 ${this.label}` },
      this.runButton, this.stopButton, ...(this.index ? [this.toHere] : []), this.change, this.back, this.state, name);
    const input = /** @type {HTMLElement} */ (pre.closest('.cell_input'));
    input.after(this.tools);
    input.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey || event.shiftKey) || event.defaultPrevented) return;
      event.preventDefault();
      this.start();
    });
    this.setBusy('');
    const missing = theKernel().missing;
    if (missing) {
      for (const node of [this.runButton, this.toHere]) node.disabled = true;
      this.state.textContent = missing;
    }
  }

  /** 改没改过，决定有没有「还原」；旧的修改没有用上，就问一句。 */
  refresh() {
    if (!this.back || !this.tools || !this.change) return;
    this.change.hidden = Boolean(this.box.editor);
    this.back.hidden = !this.box.edited && !this.shown;
    this.root.classList.toggle('cell-edited', this.box.edited);
    this.tools.parentElement?.querySelector('.cell-stale')?.remove();
    if (this.box.stale === null) return;
    this.tools.after(el('p', { class: 'cell-note cell-stale' }, '这一格的原文后来改过，你从前的修改没有用上。',
      cellButton('用我的', '换成从前的修改', () => this.box.settleStale(true)),
      cellButton('丢掉', '不要从前的修改了', () => this.box.settleStale(false))));
  }

  /** 下面显示的是刚算出来的，不是存下的。 */
  get shown() {
    return Boolean(this.saved?.hidden) || !this.result.element.hidden;
  }

  async open() {
    try {
      await this.box.edit();
    } catch {
      this.say('编辑器没有取到，连上网再试一次。');
    }
  }

  restore() {
    this.box.restore();
    this.result.clear();
    if (this.saved) this.saved.hidden = false;
    this.say('');
    this.refresh();
  }

  /** @param {string} text */
  say(text) {
    if (this.state) this.state.textContent = text;
  }

  /** @param {string} what 在做什么；空的是没在做 */
  setBusy(what) {
    this.root.classList.toggle('cell-busy', Boolean(what));
    if (this.stopButton) this.stopButton.hidden = !what;
    if (this.runButton) this.runButton.hidden = Boolean(what);
    if (what) this.say(what);
  }

  start() {
    enqueue([this], this);
  }

  startToHere() {
    enqueue(cells.slice(0, this.index + 1), this);
  }

  /**
   * 跑这一格。
   * @param {Cell} asked 读者点名要跑的；为了它才跑这一格的话，原样的图和题就留着页上的那一份
   * @returns {Promise<boolean>} 接着跑下一格吗
   */
  async run(asked) {
    const engine = theKernel();
    const keeps = asked !== this && !this.box.edited && Boolean(this.saved?.querySelector('.explorable, .exercise'));
    const result = keeps ? new Result(this.label, () => {}) : this.result;
    const progress = (/** @type {number|null} */ share) => {
      const what = share === null ? '' : `正在启动 Python… ${Math.round(100 * share)}%`;
      this.setBusy(what || '正在运行…');
      if (asked !== this) asked.setBusy(what || `先运行代码 ${this.label}…`);
    };
    progress(engine.ready ? null : 0);
    engine.onProgress.push(progress);
    let cleared = false;
    const clear = () => {
      if (cleared || keeps) return;
      cleared = true;
      this.result.clear();
      if (this.saved) this.saved.hidden = true;
    };
    const above = cells.slice(0, this.index).map((cell) => [cell.label, cell.box.text]);
    const request = { label: this.label, source: this.box.text, above };
    const outcome = await engine.run(request, (event, buffers) => {
      clear();
      result.hear(event, buffers);
    });
    engine.onProgress.splice(engine.onProgress.indexOf(progress), 1);
    this.setBusy('');
    if (outcome.ended) {
      this.say(ended(outcome));
    } else {
      clear();
      this.ran = outcome.ok;
      this.say(outcome.ok ? `运行完了，${seconds(outcome.seconds ?? 0)}` : '');
    }
    if (!outcome.ok && !outcome.ended) {
      const fold = this.tools?.closest('details');
      if (fold) fold.open = true;
      if (keeps) this.root.append(result.element);
      result.error(outcome.error, this.index ? () => this.startToHere() : null);
    }
    this.again = false;
    this.result.finish();
    this.refresh();
    return outcome.ok;
  }

  /** 线程没有了。 */
  lost() {
    this.again = this.again || this.ran;
    this.ran = false;
    this.result.freeze();
  }
}

/** @param {any} outcome */
export function ended(outcome) {
  const kind = /** @type {keyof typeof ENDED} */ (outcome.ended);
  if (kind === 'failed') return `${ENDED.failed}${outcome.error}。代码能读，再按一次「运行」就再试一次。`;
  const again = cells.some((cell) => cell.again) ? '下次运行，会先把上面跑过的格重新跑一遍。' : '';
  return ENDED[kind] + again;
}

/** @param {number} time */
function seconds(time) {
  return time < 0.1 ? '不到 0.1 秒' : `${time.toFixed(1)} 秒`;
}

/** 依次跑几格；线程停过的话，上面跑过的先重新跑。 @param {Cell[]} wanted @param {Cell} asked */
function enqueue(wanted, asked) {
  const before = stops;
  for (const cell of wanted) if (cell === asked) cell.setBusy('排着队…');
  busy = busy.then(async () => {
    if (before !== stops) {
      asked.setBusy('');
      asked.say('');
      return;
    }
    const again = cells.filter((cell) => cell.again && cell.index < asked.index && !wanted.includes(cell));
    const all = [...again, ...wanted].sort((a, b) => a.index - b.index);
    for (const cell of all) {
      const good = await cell.run(asked);
      if (!good) {
        if (cell !== asked) {
          asked.setBusy('');
          asked.say(`代码 ${cell.label} 没有跑通，这一格没有运行。`);
        }
        return;
      }
    }
    if (again.length) asked.say(`计算线程重新开始过，先把上面的 ${again.length} 格重新跑了一遍。${asked.state?.textContent ?? ''}`);
  });
  return busy;
}

/** 代码题也排在同一条队里。 @template T @param {() => Promise<T>} work @returns {Promise<T>} */
export function inTurn(work) {
  const done = busy.then(work);
  busy = done.catch(() => {});
  return done;
}

/** 代码格画出来的图。 @param {any} event @param {any[]} buffers @param {HTMLElement} into */
async function draw(event, buffers, into) {
  const opening = fromMessage(JSON.parse(event.text), buffers);
  try {
    if (event.type === 'scene') await drawScene(opening, into);
    else await drawFigure(opening, into);
  } catch (error) {
    into.replaceChildren(el('p', { class: 'cell-note' }, `这幅图没有画出来：${/** @type {Error} */ (error).message}`));
  }
}

/** plotly 的图；到这时才取它的程序。 @param {any} figure @param {HTMLElement} into */
async function drawFigure(figure, into) {
  if (!page.config.plotly) throw new Error('这一份网站没有带上 plotly。');
  const { plot } = await import('./plotly.js');
  const box = el('div', { class: 'plotly-box' });
  into.append(box);
  await plot(box, figure, page.config.plotly);
}

/** @param {any} opening @param {HTMLElement} into */
async function drawScene(opening, into) {
  const id = document.getElementById(opening.id) ? `${opening.id}-run` : opening.id;
  const root = el('div', {
    class: `explorable${opening.wide ? ' wide' : ''}`, id, role: 'group', 'aria-label': opening.spec.title,
    'data-state': 'live', 'data-from-cell': '',
  });
  into.append(root);
  const model = theKernel().model(opening);
  const create = (await page.sceneModule(opening.spec.kind)).default;
  const body = el('div', {});
  root.append(body);
  const shell = new Shell(model, body, create);
  shell.begin();
  root.dataset.drawn = 'true';
  page.drawn(id, shell);
}

/** @param {Page} given */
export function begin(given) {
  page = given;
  for (const script of document.querySelectorAll('script.cell-data')) {
    const data = JSON.parse(script.textContent ?? '{}');
    const root = /** @type {HTMLElement|null} */ (script.closest('.cell'));
    const pre = /** @type {HTMLElement|null|undefined} */ (root?.querySelector('.cell_input pre'));
    if (!root || !pre || data.kernel) continue;
    cells.push(new Cell(root, data, pre));
  }
}
