// @ts-check
/** 三扇门的规矩：主持人能怎么开。只数、只比，概率都在 Python 烘焙的表里。 */

/** @typedef {{doors: number, opens: string, host: string}} Rule */

const OPENS = ['rest', 'one'];
const HOSTS = ['knows', 'random'];
const FEWEST = 3;

/** @param {any} values @returns {Rule} */
export function ruleOf(values) {
  return { doors: values.doors, opens: values.opens, host: values.host };
}

/** @param {Rule} a @param {Rule} b */
export function sameRule(a, b) {
  return a.doors === b.doors && a.opens === b.opens && a.host === b.host;
}

/** 规则写成三个整数，记在战绩的开头。 @param {Rule} rule */
export function signature(rule) {
  return [rule.doors, OPENS.indexOf(rule.opens), HOSTS.indexOf(rule.host)];
}

/**
 * 你挑了 pick、车在 car 时，主持人挑得了的门：只开一扇时是开哪扇，只留一扇时是留哪扇。
 * 每扇一样可能。
 * @param {Rule} rule @param {number} pick @param {number} car
 */
export function mayChoose({ doors, opens, host }, pick, car) {
  const others = Array.from({ length: doors }, (_, door) => door).filter((door) => door !== pick);
  if (host !== 'knows' || car === pick) return others;
  return opens === 'one' ? others.filter((door) => door !== car) : [car];
}

/** 他开（或留）了 chosen，哪些门是开着的。 @param {Rule} rule @param {number} pick @param {number} chosen */
export function openDoors({ doors, opens }, pick, chosen) {
  return Array.from({ length: doors }, (_, door) => door)
    .filter((door) => door !== pick && (door === chosen) === (opens === 'one'));
}

/** [0, 1) 里的一个数在一排里指着哪一个。 @param {number} chance @param {number} count */
export const pointed = (chance, count) => Math.min(count - 1, Math.floor(chance * count));

/**
 * 这种规则的精确概率，从 Python 的表里取。
 * @param {any} scene @param {Rule} rule
 */
export function exact(scene, rule) {
  const [n, opens, host] = signature(rule);
  const [, hosts, sizes, kinds] = scene.parts.shape;
  const row = (opens * hosts + host) * sizes + n - FEWEST;
  const part = (/** @type {number} */ kind) => {
    const at = 2 * (row * kinds + kind);
    const [top, bottom] = [scene.parts.data[at], scene.parts.data[at + 1]];
    return bottom === 1 ? String(top) : `${top}/${bottom}`;
  };
  const two = (/** @type {any} */ array) => [array.data[2 * row], array.data[2 * row + 1]];
  return {
    stay: part(0), switch: part(1), void: part(2), elsewhere: part(3),
    share: two(scene.share), spread: two(scene.spread),
  };
}
