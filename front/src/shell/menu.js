// @ts-check
/** 图下面的菜单：还原，把现在的样子带走，放大看。 */
import { button, el } from '../dom.js';
import { copyText, snippet } from './sharing.js';

/** @typedef {import('../shell.js').Shell} Shell */

/** @param {Shell} shell */
export function menu(shell) {
  return el('div', { class: 'ex-menu' },
    button('还原', '回到最初的样子', () => { shell.restoreAll(); }),
    button('复制链接', '复制一个能回到现在这个样子的链接', () => copyLink(shell)),
    ...(shell.spec.enlarges && shell.model.get('_plotly')
      ? [button('放大看', `放大：${shell.spec.enlarges}`, () => enlarge(shell))] : []),
    button('复制到笔记本', '复制一段能在笔记本里得到同样状态的代码', () => copySnippet(shell)));
}

/** 菜单最前面加一个用一次就收起来的按钮。 @param {Element|null} place 菜单 @param {string} text @param {string} what @param {() => any} press */
export function offer(place, text, what, press) {
  const node = button(text, what, () => {
    node.remove();
    press()?.catch?.(() => {});
  });
  place?.prepend(node);
}

/** 看着的这一步画成 plotly 图，在大窗口里看。 @param {Shell} shell */
async function enlarge(shell) {
  try {
    const plotly = await import('../page/plotly.js');
    const { steps } = shell.drawn ?? {};
    const figure = shell.ask({ op: 'figure', ...(steps === undefined ? {} : { steps }) }).then((answer) => answer.figure);
    await plotly.enlarge(figure, shell.spec.enlarges, shell.model.get('_plotly'));
  } catch (error) {
    shell.complain(/** @type {Error} */ (error).message);
  }
}

/** @param {Shell} shell */
async function copyLink(shell) {
  if (await copyText(await shell.link(), shell.notices.alert)) shell.say('链接已复制，发给别人，打开就是现在这个样子。');
}

/** @param {Shell} shell */
async function copySnippet(shell) {
  if (await copyText(snippet(await shell.state()), shell.notices.alert)) shell.say('代码已复制，粘到笔记本的一格里运行。');
}
