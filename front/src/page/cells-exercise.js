// @ts-check
/**
 * 写代码的题：就在题目下面写，在代码格的线程里用这一题自己的检查来判断，和笔记本里、pytest 里是
 * 同一个函数。读者写的留在自己的浏览器里。
 */
import { el } from '../dom.js';
import { CodeBox } from './cells-box.js';
import { Result, withCode } from './cells-output.js';
import { cellButton, ended, inTurn, theKernel } from './cells.js';

/**
 * 装好一道题；这一份网站里没有 Python 就什么也不做，返回 false。
 * @param {HTMLElement} root @param {{id: string, wrong: {name: string, hint: string}[]}} data
 * @param {(node: HTMLElement) => Promise<void>} typeset
 */
export function mountCodeExercise(root, data, typeset) {
  const engine = theKernel();
  const how = root.querySelector('.exercise-how');
  const pre = /** @type {HTMLElement|null} */ (root.querySelector('pre.exercise-code'));
  if (engine.missing || !how || !pre) return false;
  const label = root.id;
  const result = new Result(label, (_text, _buffers, into) => into.remove());
  const verdict = el('p', { class: 'exercise-verdict', role: 'status' });
  const box = new CodeBox(pre, {
    key: `exercise:${data.id}`, name: '你的代码', run: () => check(), changed: () => changed(), opened: () => { write.hidden = true; },
  });
  const button = /** @type {HTMLButtonElement} */ (el('button', { type: 'button', class: 'exercise-check' }, '检查'));
  const stop = cellButton('停', '结束计算线程', () => engine.stop());
  const write = cellButton('写', '打开编辑器', () => {
    box.edit().catch(() => say('编辑器没有取到，连上网再试一次。'));
  });
  const back = cellButton('还原', '换回开头给的代码', () => box.restore());
  const state = el('span', { class: 'cell-state', role: 'status' });
  how.replaceWith(el('div', { class: 'exercise-form exercise-code-tools' }, button, stop, write, back, state), result.element, verdict);
  button.addEventListener('click', () => check());
  stop.hidden = true;

  /** @param {string} text */
  function say(text) {
    state.textContent = text;
  }

  function changed() {
    back.hidden = !box.edited;
    box.extra = {};
    delete root.dataset.verdict;
    verdict.textContent = '';
    result.clear();
    say('');
  }

  /** @param {boolean} right @param {string} misconception @param {string} text */
  function judge(right, misconception, text) {
    root.dataset.verdict = right ? 'right' : 'wrong';
    root.dataset.misconception = misconception;
    const wrong = data.wrong.find((one) => one.name === misconception);
    if (wrong) verdict.innerHTML = `还不对。${wrong.hint}`; // 提示是构建时由 mlcore 转义好的 HTML
    else verdict.replaceChildren(...withCode(text));
    typeset(verdict);
  }

  async function check() {
    if (!stop.hidden) return;
    changed();
    stop.hidden = false;
    button.disabled = true;
    const progress = (/** @type {number|null} */ share) => {
      say(share === null ? '正在检查…' : `正在启动 Python… ${Math.round(100 * share)}%`);
    };
    say('排着队…');
    const source = box.text;
    const outcome = await inTurn(() => {
      engine.onProgress.push(progress);
      progress(engine.ready ? null : 0);
      return engine.run({ label, source, exercise: data.id }, (event, buffers) => result.hear(event, buffers));
    });
    engine.onProgress = engine.onProgress.filter((one) => one !== progress);
    stop.hidden = true;
    button.disabled = false;
    result.finish();
    say(outcome.ended ? ended(outcome) : '');
    if (outcome.ended) return;
    // 错误只说一次：框里说得最清楚，判断里就不再重复。
    if (outcome.error) {
      judge(false, '', '还不对。代码没有跑通，先看看上面的错误。');
      result.error(outcome.error, null);
    } else judge(outcome.verdict.right, outcome.verdict.misconception, outcome.verdict.text);
    box.extra = { right: Boolean(outcome.verdict?.right) };
    box.keep();
  }

  const before = box.extra;
  changed();
  if (before.right) judge(true, '', '对了。');
  box.extra = before;
  return true;
}
