// @ts-check
/** 一个网络的全程：封面是一张大纸和一个大手柄，书里是输入平面和走到一半的平面并排。 */
import cover from '../lib/journey-cover.js';
import chapter from '../lib/journey-chapter.js';
import '../style/journey.css';

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let picture = null;
  return {
    /** @param {any} scene */
    draw(scene) {
      picture ??= (scene.look === 'cover' ? cover : chapter)(stage, ctx);
      picture.draw(scene);
    },
    resize() { picture?.resize(); },
    theme() { picture?.theme(); },
    destroy() { picture?.destroy(); },
  };
}
