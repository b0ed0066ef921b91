// @ts-check
/**
 * 场景的解码：Python 的 mlcore.explorables.codec 写出来的三种样子，这里都还原成同一种。
 * 数组成为 {shape, dtype, data}，data 是类型化数组。
 *
 * @typedef {{shape: number[], dtype: string, data: Float64Array|Float32Array|Int32Array|Int16Array|Uint8Array|Int8Array}} Nd
 */

/** @type {Record<string, any>} */
const KINDS = {
  f8: Float64Array, f4: Float32Array, i4: Int32Array, i2: Int16Array, u1: Uint8Array, i1: Int8Array,
};

/**
 * @param {any} value
 * @param {(leaf: any) => Nd} array 由叶子（带 $、$b 或 $o 的对象）造出数组
 * @returns {any}
 */
function walk(value, array) {
  if (Array.isArray(value)) return value.map((item) => walk(item, array));
  if (value && typeof value === 'object') {
    if ('dtype' in value && 'shape' in value && ('$' in value || '$b' in value || '$o' in value)) {
      return array(value);
    }
    /** @type {Record<string, any>} */
    const out = {};
    for (const key of Object.keys(value)) out[key] = walk(value[key], array);
    return out;
  }
  return value;
}

/**
 * @param {any} leaf @param {ArrayBuffer} buffer @param {number} offset
 * @returns {Nd}
 */
function view(leaf, buffer, offset) {
  const count = leaf.shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
  const Kind = KINDS[leaf.dtype];
  const start = offset % Kind.BYTES_PER_ELEMENT === 0 ? buffer : buffer.slice(offset);
  return {
    shape: leaf.shape,
    dtype: leaf.dtype,
    data: new Kind(start, start === buffer ? offset : 0, count),
  };
}

/**
 * 消息：JSON 文本加字节块。
 * @param {any} tree 已经 JSON.parse 过的答复
 * @param {(Uint8Array|DataView|ArrayBuffer)[]} buffers
 */
export function fromMessage(tree, buffers) {
  return walk(tree, (leaf) => {
    const raw = buffers[leaf.$];
    if (raw instanceof ArrayBuffer) return view(leaf, raw, 0);
    const copy = new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength).slice();
    return view(leaf, /** @type {ArrayBuffer} */ (copy.buffer), 0);
  });
}

/** 写在网页里的第一幅画面；各数的第一个字节排在一起，然后是第二个…… @param {string} text */
export function fromInline(text) {
  return walk(JSON.parse(text), (leaf) => {
    const bytes = atob(leaf.$b);
    const width = KINDS[leaf.dtype].BYTES_PER_ELEMENT;
    const count = bytes.length / width;
    const raw = new Uint8Array(bytes.length);
    for (let i = 0; i < raw.length; i += 1) raw[i] = bytes.charCodeAt((i % width) * count + Math.floor(i / width));
    return view(leaf, /** @type {ArrayBuffer} */ (raw.buffer), 0);
  });
}

/** 烘焙好的一串画面（.frames 文件，gzip）。 @param {Response} response */
export async function fromFrames(response) {
  const packed = new Uint8Array(await response.arrayBuffer());
  let buffer = /** @type {ArrayBuffer} */ (packed.buffer);
  if (packed[0] === 0x1f && packed[1] === 0x8b) {
    const stream = new Response(packed).body;
    if (!stream) throw new Error('画面文件是空的');
    buffer = await new Response(stream.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
  }
  const head = new DataView(buffer);
  if (head.getUint32(0) !== 0x4d4c4631) throw new Error('画面文件不完整');
  const length = head.getUint32(4, true);
  const tree = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  return walk(tree, (leaf) => view(leaf, buffer, 8 + length + leaf.$o));
}

/** 场景写成普通的 JSON（测试和老师的脚本用）。 @param {any} value @returns {any} */
export function plain(value) {
  if (ArrayBuffer.isView(value)) return Array.from(/** @type {any} */ (value));
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
}
