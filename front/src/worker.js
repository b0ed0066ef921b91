// @ts-check
/* 网页的计算线程，经典 worker。启动 Pyodide，装上 mlcore，然后一条消息一个答复。
   长的活分成不超过 16 毫秒的小片，各个图轮流；片与片之间给页面报一声平安。
   交互图有一个；读者要运行代码格时另起一个（boot 里写着 cells），读者的代码只在那里运行，
   写成死循环也碍不着图。 */
/* global importScripts */

/** @type {any} */
const scope = self;
/** @type {any} */
let host = null;
/** @type {any} */
let pyodide = null;
/** @type {any} 代码格的内核；交互图的线程里没有 */
let kernel = null;
/** 读者的代码最多用多少内存；到了就是 MemoryError，不会把整个标签页带倒。 */
const MOST_BYTES = 1 << 30;
/** @type {{serial: number, text: string, buffers: Uint8Array[], id: string, run?: boolean}[]} */
const queue = [];
let pumping = false;

const channel = new MessageChannel();
channel.port1.onmessage = () => pump();

/** @param {any} config 地址都由页面给出，同源 */
async function boot(config) {
  countBytes(config.bytes);
  if (config.cells) limitMemory();
  try {
    importScripts(config.pyodide + 'pyodide.js');
  } catch {
    throw new Error('pyodide.js 没有取到');
  }
  const wheel = fetch(config.wheel).then((response) => {
    if (!response.ok) throw new Error('取不到 mlcore：' + response.status);
    return response.arrayBuffer();
  });
  pyodide = await scope.loadPyodide({ indexURL: config.pyodide, packages: ['numpy'] });
  pyodide.unpackArchive(await wheel, 'wheel');
  if (config.cells) {
    const create = pyodide.runPython('from mlcore.cells import Kernel\nKernel');
    kernel = create(tell, pyodide.globals);
    host = kernel.host;
  } else host = pyodide.runPython('from mlcore.explorables.host import Host\nHost()');
  scope.postMessage({ ready: true, version: config.version });
}

/** 内核交来的一件事：一段文字、一个值、一幅图。 @param {string} text @param {any} blocks */
function tell(text, blocks) {
  const buffers = blocks.toJs();
  blocks.destroy();
  scope.postMessage({ event: text, buffers }, buffers.map((/** @type {Uint8Array} */ b) => b.buffer));
}

/** WebAssembly 的内存只许长到 MOST_BYTES；再要就像真的没有了一样。 */
function limitMemory() {
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function limited(/** @type {number} */ pages) {
    if (this.buffer.byteLength + pages * 65536 > MOST_BYTES) throw new RangeError('内存到了上限');
    return grow.call(this, pages);
  };
}

/** 运行一格。Python 里的错误都已经成了结局的一部分；到这里还抛出来的，是 Pyodide 自己倒了。 @param {any} task */
function runCell(task) {
  try {
    const text = kernel.run(task.text);
    scope.postMessage({ serial: task.serial, text, memory: pyodide._module.HEAP8.length / MOST_BYTES });
  } catch (error) {
    scope.postMessage({ serial: task.serial, crashed: String(error) });
  }
}

/**
 * 数着收到的字节，好让进度条说真话。
 * @param {number} total
 */
function countBytes(total) {
  const real = scope.fetch.bind(scope);
  let seen = 0;
  let told = 0;
  scope.fetch = async (/** @type {any[]} */ ...args) => {
    // 少了哪一个文件 Pyodide 都起不来，有时还一声不响；所以在这里就说。
    const name = String(args[0].url ?? args[0]).split('/').pop();
    const response = await real(...args).catch((/** @type {Error} */ error) => {
      scope.postMessage({ failed: `${name} 没有取到` });
      throw error;
    });
    if (!response.ok) scope.postMessage({ failed: `${name} 没有取到：${response.status}` });
    if (!response.body || !response.ok) return response;
    const counted = response.body.pipeThrough(new TransformStream({
      transform(chunk, controller) {
        seen += chunk.byteLength;
        if (seen - told > 100000) {
          told = seen;
          scope.postMessage({ progress: Math.min(1, seen / total) });
        }
        controller.enqueue(chunk);
      },
    }));
    return new Response(counted, { status: response.status, headers: response.headers });
  };
}

/**
 * @param {string} text @param {Uint8Array[]} buffers
 * @returns {{text: string, tree: any, buffers: Uint8Array[]}}
 */
function ask(text, buffers) {
  const given = pyodide.toPy(buffers);
  const answer = host.ask(text, given);
  const [reply, blocks] = answer.toJs();
  answer.destroy();
  given.destroy?.();
  return { text: reply, tree: reply.length < 400 ? JSON.parse(reply) : null, buffers: blocks };
}

function pump() {
  const task = queue.shift();
  if (!task) {
    pumping = false;
    return;
  }
  if (task.run) {
    runCell(task);
    channel.port2.postMessage(0);
    return;
  }
  try {
    const { text, tree, buffers } = ask(task.text, task.buffers);
    if (tree && tree.more) {
      // 没做完：排到队尾，让别的图也轮得到。
      task.text = JSON.stringify({ id: task.id, op: 'more' });
      task.buffers = [];
      queue.push(task);
      scope.postMessage({ beat: true });
    } else {
      scope.postMessage({ serial: task.serial, text, buffers }, buffers.map((b) => b.buffer));
    }
  } catch (error) {
    const text = JSON.stringify({ ok: false, error: String(error) });
    scope.postMessage({ serial: task.serial, text, buffers: [] });
  }
  channel.port2.postMessage(0);
}

scope.onmessage = (/** @type {MessageEvent} */ event) => {
  const message = event.data;
  if (message.boot) {
    boot(message.boot).catch((error) => scope.postMessage({ failed: String(error && error.message || error) }));
    return;
  }
  if (message.cancel) {
    for (let i = queue.length - 1; i >= 0; i--) if (queue[i].id === message.cancel) queue.splice(i, 1);
    return;
  }
  queue.push({
    serial: message.serial, text: message.text, buffers: message.buffers || [], id: message.id, run: message.run,
  });
  if (!pumping) {
    pumping = true;
    channel.port2.postMessage(0);
  }
};
