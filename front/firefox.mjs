/**
 * 替测试开 Firefox：从标准输入一行读一件事，做完一行答一句，都是 JSON。
 * 用 puppeteer-core 说 WebDriver BiDi，不用另装 geckodriver。由 tests/browser/engines.py 启动：
 *
 *   node firefox.mjs /usr/bin/firefox-esr
 */
import { createInterface } from 'node:readline';
import puppeteer from 'puppeteer-core';

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: process.argv[2],
  timeout: 120_000,
  protocolTimeout: 300_000,
  extraPrefsFirefox: { 'intl.accept_languages': 'zh-CN' },
});
const page = await browser.newPage();
/** @type {string[]} 控制台上的警告和错误，没接住的异常，没取到的文件 */
const said = [];
page.on('console', (message) => {
  if (message.type() === 'error' || message.type() === 'warn') said.push(`${message.type()}: ${message.text()}`);
});
page.on('pageerror', (error) => said.push(`pageerror: ${error.message}`));
page.on('response', (response) => {
  if (response.status() >= 400) said.push(`${response.status()}: ${response.url()}`);
});

const ways = {
  open: ({ url }) => page.goto(url, { waitUntil: 'load', timeout: 240_000 }).then(() => null),
  resize: ({ width, height }) => page.setViewport({ width, height }),
  evaluate: ({ source, given }) => page.evaluate(`(${source})(...${JSON.stringify(given)})`),
  shot: async ({ selector }) => (await page.$(selector)).screenshot({ encoding: 'base64' }),
  said: () => said.splice(0),
  async drag({ from: [x, y], by: [dx, dy], moves }) {
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let k = 1; k <= moves; k++) await page.mouse.move(x + (dx * k) / moves, y + (dy * k) / moves);
    await page.mouse.up();
    return null;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { way, ...given } = JSON.parse(line);
  const answer = await Promise.resolve(given).then(ways[way]).then(
    (value) => ({ value: value ?? null }),
    (error) => ({ error: String(error.message ?? error) }),
  );
  console.log(JSON.stringify(answer));
}
await browser.close();
