// @ts-check
/** 拆矩阵的图里说的话和写的数。 */
import { number } from '../axes.js';

const NONE = 5e-4; // 比这还小，三位小数里就是 0

/** 三步各写成什么。 @param {any} split @returns {[string, string, string]} */
export function partsText(split) {
  const [s1, s2] = split.stretch.data;
  return [`${degrees(split.first_turn)}`, `${size(s1)} × ${size(s2)}`, `${degrees(split.last_turn)}`];
}

/** 三步各叫什么；行列式是负的，中间一步还要翻面。 @param {any} split @returns {[string, string, string]} */
export function names(split) {
  return ['转', split?.flip ? '拉，再翻面' : '拉', '转'];
}

/** @param {any} split */
export function areaText(split) {
  const d = split.determinant;
  const area = Math.abs(d);
  const flip = d < 0 ? '，翻了面' : '';
  if (area < NONE) return '行列式 0：面积没有了';
  const change = Math.abs(area - 1) < NONE ? '面积不变' : `面积变成 ${number(area)} 倍`;
  return `行列式 ${number(d)}：${change}${flip}`;
}

/** 滑杆念出来的话。 @param {any} split @param {number} at */
export function stepName(split, at) {
  if (at === 0) return '起点，什么也没做';
  const k = Math.min(2, Math.ceil(at) - 1);
  const part = Math.round(100 * (at - k));
  return `第 ${k + 1} 步：${names(split)[k]}，走了 ${part}%`;
}

/** 走到 ``at`` 时的一句话。 @param {any} split 没有拆开就是 null @param {number} at 0 到 3 @param {string} live Python 醒了没有 */
export function sentence(split, at, live) {
  if (!split) {
    if (live === 'live') return '正在拆这个矩阵…';
    return live === 'failed'
      ? 'Python 没有启动，拆不了新的矩阵；几个现成的例子仍然可以看。'
      : '纸面已经跟上了。要把这个矩阵拆开，等 Python 醒来。';
  }
  const [first, , last] = partsText(split);
  const [s1, s2] = split.stretch.data;
  const same = s1 - s2 < NONE;
  if (at === 0) return '起点：什么也没做。圆里的十字，是矩阵自己挑的两个互相垂直的方向。';
  if (at <= 1) {
    return first === '0°' ? '① 不用转：十字已经在横竖两个方向上。' : `① 整张纸转 ${first}，十字转到了横竖两个方向上。`;
  }
  if (at <= 2) {
    if (split.flip && at > 1.5) {
      return at > 1.75 ? '② 拉完再翻面：行列式是负的。现在看到的是纸的背面，小猫成了镜子里的那一只。' : '② 拉完再翻面：行列式是负的。纸正翻过来。';
    }
    const pull = same ? `横竖都是 ${size(s1)} 倍` : `横 ${size(s1)} 倍，竖 ${size(s2)} 倍`;
    const end = s2 < NONE ? '竖着被压到 0，圆成了一条线，再也拉不回来。' : same ? '圆还是圆。' : '圆成了椭圆。';
    return `② 沿着横竖拉：${pull}。${end}${split.flip ? '行列式是负的，拉完还要翻面。' : ''}`;
  }
  if (at < 3) return last === '0°' ? '③ 不用再转了。' : `③ 再整个转 ${last}，转到该去的地方。`;
  if (same && s1 > NONE) {
    const what = split.flip ? `翻一个面，再转 ${last}` : `只转了 ${last}`;
    return `两个方向拉得一样多，圆还是圆：${what}。`;
  }
  if (s2 < NONE) return '两个倍数里有一个是 0：整张纸压成了一条线，小猫再也站不起来。';
  const flip = split.flip ? '翻一个面，' : '';
  return `这个矩阵就是：转 ${first}，拉 ${size(s1)} 和 ${size(s2)} 倍，${flip}再转 ${last}。没有别的了。`;
}

/** @param {number} value */
export function degrees(value) {
  return `${String(Number(value.toFixed(1)) || 0).replace('-', '−')}°`;
}

/** @param {number} value */
export function size(value) {
  return value < NONE ? '0' : String(Number(value.toFixed(3)));
}
