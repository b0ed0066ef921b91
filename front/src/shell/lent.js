// @ts-check
/** 借给别人用的两份约定：场景模块拿到的 ctx，脚本拿到的 explorable(id)。 */
import { plain } from '../codec.js';

/** @typedef {import('../shell.js').Shell} Shell */

/** 给场景模块的。 @param {Shell} shell */
export function context(shell) {
  const { spec } = shell;
  return {
    controls: spec.controls,
    spec,
    get: () => ({ ...shell.values }),
    set: (/** @type {any} */ changes) => shell.set(changes).catch(() => null),
    act: (/** @type {string} */ name) => shell.do({ op: 'act', name }).catch(() => null),
    step: (/** @type {number} */ n) => shell.do({ op: 'step', n }).catch(() => null),
    live: () => shell.model.get('_state') ?? 'live',
    get reducedMotion() { return matchMedia('(prefers-reduced-motion: reduce)').matches; },
    width: () => shell.stage?.clientWidth ?? 0,
    say: (/** @type {string} */ text) => shell.say(text),
    note: (/** @type {string} */ text) => shell.complain(text),
  };
}

/** 给脚本、读屏器和测试用的：explorable(id)。 @param {Shell} shell */
export function contract(shell) {
  return {
    get: async () => plain(structuredClone(shell.values)),
    set: async (/** @type {any} */ changes) => { await shell.set(changes); },
    act: async (/** @type {string} */ name) => { await shell.do({ op: 'act', name }); },
    step: async (/** @type {number} */ n = 1) => { await shell.do({ op: 'step', n }); },
    scene: async () => plain(shell.drawn),
    reset: async () => { await shell.do({ op: 'reset' }); },
    run: async () => { shell.runner?.run(); },
    pause: async () => { shell.pause(); },
    cancel: async () => { shell.pause(); await shell.do({ op: 'cancel' }); },
    state: () => shell.state(),
    link: () => shell.link(),
  };
}
