// @ts-check
/** 一万个人里各有几个：只有乘、加和除；还有图下面的那句话。 */
import { number } from '../axes.js';

/**
 * @typedef {{guess: number, bet_for: number[], stage: number, prevalence: number, sensitivity: number, specificity: number,
 *   repeat: number}} Values bet_for 是押的时候的患病率、灵敏度、特异度
 * @typedef {{sick: number, well: number, hit: number, miss: number, alarm: number, clear: number,
 *   hitTwice: number, alarmTwice: number, once: number, twice: number}} Counts
 *   hit 是病人里的阳性，miss 是阴性；alarm 是没病的人里的阳性，clear 是阴性；once、twice 是阳性的人真有病的份额
 */

/** @param {Values} values @param {number} people @returns {Counts} */
export function reckon(values, people) {
  const [p, sensitivity, specificity, repeat] = [values.prevalence, values.sensitivity, values.specificity, values.repeat]
    .map((v) => v / 100);
  const sick = people * p;
  const well = people - sick;
  const hit = sick * sensitivity;
  const alarm = well * (1 - specificity);
  const hitTwice = hit * (repeat + (1 - repeat) * sensitivity);
  const alarmTwice = alarm * (repeat + (1 - repeat) * (1 - specificity));
  return {
    sick, well, hit, alarm, hitTwice, alarmTwice,
    miss: sick - hit, clear: well - alarm,
    once: hit / (hit + alarm), twice: hitTwice / (hitTwice + alarmTwice),
  };
}

/** 人数：平均数可以有两位小数。 @param {number} count */
export const heads = (count) => String(Number(count.toFixed(2)));

/** @param {number} share */
export const percent = (share) => `${number(100 * share)}%`;

/** 押一个数的时候知道的三个数。 @param {Values} values */
export const known = ({ prevalence, sensitivity, specificity }) => [prevalence, sensitivity, specificity];

/** 押过以后又挪动了的那几个数，押的时候各是多少；没有挪过就是空的。 @param {Values} values */
export function moved(values) {
  const now = known(values);
  return ['患病率', '灵敏度', '特异度'].map((name, i) => (Math.abs(now[i] - values.bet_for[i]) > 1e-6 ? `${name} ${number(values.bet_for[i])}%` : ''))
    .filter(Boolean);
}

/** @param {Values} values @param {Counts} c */
export function sentence(values, c) {
  const { stage, guess } = values;
  if (stage === 0) {
    return `一万个人都查了一遍，每 100 个人里有 ${number(values.prevalence)} 个真有病。`
      + `仪器查病人，100 次有 ${number(values.sensitivity)} 次报阳性；查没病的人，100 次有 ${number(values.specificity)} 次报阴性。`
      + '你的结果是阳性。拖那个圈，押一个数。';
  }
  if (stage === 1) return `蓝的 ${heads(c.sick)} 个人有病，橙的 ${heads(c.well)} 个人没病。仪器看不见颜色，它只能去查。`;
  if (stage === 2) {
    const found = `深色的是阳性。病人里查出 ${heads(c.hit)} 个；没病的人里`;
    return c.alarm < 0.005 ? `${found}一个也没有错报。` : `${found}错报 ${heads(c.alarm)} 个，${compare(c.alarm, c.hit)}`;
  }
  if (stage === 3) {
    return `阳性的人站出来，一共 ${heads(c.hit + c.alarm)} 个，真有病的 ${heads(c.hit)} 个：${percent(c.once)}。${verdict(guess, 100 * c.once, moved(values))}`;
  }
  const copied = values.repeat === 100
    ? '第二次全照抄第一次，等于没查。'
    : values.repeat > 0 ? '照抄得越多，第二次越没用。' : '前提是两次各错各的。要是同一个原因让它再错一次呢？拖「照抄」。';
  return `站出来的人再查一次，两次都是阳性的平均 ${heads(c.hitTwice + c.alarmTwice)} 个，真有病的 ${heads(c.hitTwice)} 个：`
    + `${percent(c.once) === percent(c.twice) ? `还是 ${percent(c.once)}` : `从 ${percent(c.once)} 到 ${percent(c.twice)}`}。${copied}`;
}

/** @param {number} wrong @param {number} right */
function compare(wrong, right) {
  const times = wrong / right;
  if (times >= 1.5) return `是查出来的 ${number(times, 2)} 倍。`;
  return times > 0.8 ? '和查出来的差不多多。' : '比查出来的少。';
}

/** 押得准不准；押的是另一组数，就不判。 @param {number} guess @param {number} truth @param {string[]} before */
function verdict(guess, truth, before) {
  if (before.length) return `你的 ${guess}% 是照${before.join('、')} 押的，不和这个数比。`;
  const off = guess - truth;
  if (Math.abs(off) <= 5) return `你押 ${guess}%，押得很准。`;
  return `你押 ${guess}%，${off > 0 ? '高' : '低'}了${Math.abs(off) > 40 ? '很多' : '一些'}。`;
}
