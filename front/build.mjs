/**
 * 把 src/ 构建成提交在 mlcore/widgets/static/ 里的文件：
 *
 *   page/            网页用的，拆成模块：page.js、scenes/<种类>.js、search.js …，公共部分是 chunk-*.js；
 *                    modules.json 说每个入口静态地用到哪些 chunk，页面据此提前取（modulepreload）。
 *   page/scenes/<种类>.css  这种图自己的样式：它的场景和场景用到的 lib 模块 import 的那些表。
 *   page/common.css  其余的样式，没有一种图 import 它们：调色板、外圈、表单、练习，每一页都有。
 *   page/worker.js   网页的计算线程，经典 worker，单个文件。
 *   <种类>.js         Jupyter 用的，每种场景一个自足的 ES 模块，默认导出 AFM 的 { render }。
 *   explorable.css   Jupyter 用的，全部样式。
 *
 * 各种图自己的样式总在前，共用的在后（网页上的投影和印刷更在后）：要盖过共用的，就写得更具体。
 *
 * node build.mjs          写出全部文件，删去不再需要的
 * node build.mjs --check  只构建到内存里，和已提交的逐字节比较
 */
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const FRONT = dirname(fileURLToPath(import.meta.url));
const SRC = join(FRONT, 'src');
const STATIC = join(FRONT, '..', 'mlcore', 'widgets', 'static');
const PAGE = join(STATIC, 'page');
const PAGE_EXTRAS = ['search', 'exercise', 'cells', 'cells-editor']; // page/ 里由页面按需载入、有自己地址的模块

const common = {
  absWorkingDir: FRONT,
  bundle: true,
  minify: true,
  write: false,
  preserveSymlinks: true, // node_modules 是链接也好、是文件夹也好，构建出来一个字节也不差。
  charset: 'utf8',
  target: 'es2022',
  legalComments: 'none', // 第三方的版权说明都在仓库根的 NOTICE 里，随网站和 wheel 一起走。
  logLevel: 'warning',
};

/** @param {string} folder @param {string} suffix */
async function names(folder, suffix) {
  const all = await readdir(join(SRC, folder)).catch(() => []);
  return all.filter((name) => name.endsWith(suffix)).sort();
}

async function pageModules(kinds) {
  const extras = PAGE_EXTRAS.filter((name) => existsSync(join(SRC, 'page', `${name}.js`)));
  const result = await build({
    ...common,
    entryPoints: [
      { in: 'src/page.js', out: 'page' },
      ...extras.map((name) => ({ in: `src/page/${name}.js`, out: name })),
      ...kinds.map((kind) => ({ in: `src/scenes/${kind}.js`, out: `scenes/${kind}` })),
    ],
    outdir: PAGE,
    format: 'esm',
    splitting: true,
    chunkNames: 'chunk-[hash]',
    metafile: true,
  });
  const files = fileMap(result.outputFiles);
  files.delete('page/page.css'); // 入口能载入任何一种图，esbuild 便把它们的样式又合了一份。
  for (const kind of kinds) {
    const sheet = `page/scenes/${kind}.css`;
    if (!files.has(sheet)) files.set(sheet, Buffer.alloc(0)); // 载入场景时总去取它，不能没有。
  }
  files.set('page/modules.json', Buffer.from(JSON.stringify(preloads(result.metafile), null, 1) + '\n'));
  for (const [name, bytes] of await styles(result.metafile)) files.set(name, bytes);
  return files;
}

/** 每个入口 → 它静态地（隔几层都算）用到的其他文件。 */
function preloads({ outputs }) {
  const inPage = (path) => relative(PAGE, join(FRONT, path)).split(sep).join('/');
  const found = {};
  for (const [path, output] of Object.entries(outputs).sort()) {
    if (!output.entryPoint || basename(path).startsWith('chunk-')) continue;
    const needed = new Set();
    const follow = (from) => {
      for (const { path: next, kind } of outputs[from].imports) {
        if (kind !== 'import-statement' || needed.has(next)) continue;
        needed.add(next);
        follow(next);
      }
    };
    follow(path);
    found[inPage(path)] = [...needed].map(inPage).sort();
  }
  return found;
}

async function worker() {
  const result = await build({
    ...common, entryPoints: ['src/worker.js'], outfile: join(PAGE, 'worker.js'), format: 'iife',
  });
  return fileMap(result.outputFiles);
}

async function jupyterModule(kind) {
  const result = await build({
    ...common,
    stdin: {
      contents: `import scene from './scenes/${kind}.js';
import { widget } from './widget.js';
export default widget(scene);
`,
      resolveDir: SRC,
      sourcefile: `${kind}-widget.js`,
    },
    outfile: join(STATIC, `${kind}.js`),
    format: 'esm',
    loader: { '.css': 'empty' }, // 样式都在 explorable.css 里。
  });
  return fileMap(result.outputFiles);
}

/** 各种图自己的样式已经合在它们的模块旁边；这里合出共用的，和给 Jupyter 的全部。 */
async function styles({ inputs }) {
  const imported = new Set(Object.keys(inputs).map((path) => basename(path)));
  const all = await names('style', '.css');
  const own = all.filter((name) => imported.has(name));
  const shared = all.filter((name) => !imported.has(name))
    .sort((a, b) => Number(b === 'palette.css') - Number(a === 'palette.css')); // 调色板先来。
  return new Map([
    ['page/common.css', await stylesheet(shared)],
    ['explorable.css', await stylesheet([...own, ...shared])],
  ]);
}

/** 几张样式表依次合成一张。 @param {string[]} sheets */
async function stylesheet(sheets) {
  const result = await build({
    ...common,
    plugins: [followSystem],
    stdin: {
      contents: sheets.map((name) => `@import "./style/${name}";`).join('\n'),
      resolveDir: SRC,
      loader: 'css',
      sourcefile: 'explorable-styles.css',
    },
  });
  return Buffer.from(result.outputFiles[0].contents);
}

/** 调色板里的深色只写一份；跟着系统走的读者的那一份由它印出来。 */
const followSystem = {
  name: 'follow-system',
  setup({ onLoad }) {
    onLoad({ filter: /palette\.css$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const [rule, colors] = source.match(/:root\[data-theme="dark"\][^{]*\{([^}]*)\}/);
      const copy = `@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) {${colors}} }\n`;
      return { contents: source.replace(rule, copy + rule), loader: 'css' };
    });
  },
};

/** 相对 static/ 的路径（正斜线）→ 字节。 */
function fileMap(outputFiles) {
  return new Map(outputFiles.map((file) => [
    relative(STATIC, file.path).split(sep).join('/'), Buffer.from(file.contents),
  ]));
}

async function everything() {
  const kinds = (await names('scenes', '.js')).map((name) => name.slice(0, -3));
  const parts = [await pageModules(kinds), await worker()];
  for (const kind of kinds) parts.push(await jupyterModule(kind));
  return new Map(parts.flatMap((part) => [...part]));
}

/** static/ 里现有的全部文件。 */
async function committed() {
  const entries = await readdir(STATIC, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile())
    .map((entry) => relative(STATIC, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

async function compare(files) {
  const wrong = [];
  for (const [name, bytes] of files) {
    const there = await readFile(join(STATIC, name)).catch(() => null);
    if (!there) wrong.push(`缺少 ${name}`);
    else if (!there.equals(bytes)) wrong.push(`不一样 ${name}`);
  }
  for (const name of await committed()) if (!files.has(name)) wrong.push(`多出 ${name}`);
  if (!wrong.length) {
    console.log(`前端的 ${files.size} 个文件和重新构建的逐字节相同。`);
    return 0;
  }
  console.error(`构建好的前端和 src/ 对不上，请运行 python tasks.py front：\n  ${wrong.join('\n  ')}`);
  return 1;
}

async function write(files) {
  for (const name of await committed()) if (!files.has(name)) await rm(join(STATIC, name));
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(STATIC, name)), { recursive: true });
    await writeFile(join(STATIC, name), bytes);
  }
  console.log(`写出 ${files.size} 个文件到 mlcore/widgets/static/`);
  return 0;
}

const files = await everything();
process.exitCode = await (process.argv.includes('--check') ? compare(files) : write(files));
