// @ts-check
/** 看着图的宽窄和页面的明暗，变了就叫图重画。 */

/**
 * @param {HTMLElement} stage @param {() => void} resized @param {() => void} repainted
 * @returns {() => void} 不再看
 */
export function watch(stage, resized, repainted) {
  let seen = 0;
  const fit = () => {
    const width = stage.clientWidth;
    if (width && width !== seen) {
      seen = width;
      resized();
    }
  };
  // 图变窄了也会变高；在通知里就改，浏览器会说「没有送完的通知」，所以等到下一帧。
  const sizes = new ResizeObserver(() => { if (seen) requestAnimationFrame(fit); else fit(); });
  sizes.observe(stage);
  const themes = new MutationObserver(repainted);
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class'] });
  if (document.body) themes.observe(document.body, { attributes: true, attributeFilter: ['data-jp-theme-light'] });
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', repainted);
  return () => {
    sizes.disconnect();
    themes.disconnect();
    scheme.removeEventListener('change', repainted);
  };
}
