// @ts-check
/** 笔记本里的宿主：anywidget 的约定（AFM）。 */
import { Shell } from './shell.js';

/**
 * 把一个场景模块包成 AFM 的前端模块。
 * @param {import('./shell.js').CreateScene} create
 */
export function widget(create) {
  return {
    /** @param {{model: any, el: HTMLElement}} given */
    render({ model, el: root }) {
      const shell = new Shell(model, root, create);
      root.classList.add('in-notebook');
      shell.begin();
      return () => shell.destroy();
    },
  };
}
