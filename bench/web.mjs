// How fast the dashboard is on a demo's lake, in a real browser.
// Usage: node bench/web.mjs BIN MODULES [DAYS]     (make bench-web)
//
// BIN is the build folder, MODULES what scripts/bootstrap browser installs. For every page, opened anew with
// an empty cache of the browser: when the first chart (or table) was drawn, when all was there, the longest
// task of the page's own thread, and the slowest request; then the same page again, from livelake's memory.
// Times are milliseconds of this run on this machine: compare within a run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Lake, openBrowser } from '../tests/web/served.mjs';

const [bin, modules] = process.argv.slice(2, 4).map((word) => path.resolve(word));
const days = process.argv[4] ?? '14';
const folder = mkdtempSync(path.join(tmpdir(), 'livelake-bench-'));
const lake = new Lake(path.join(bin, 'livelake'), path.join(bin, 'sim', 'livelake-sim'), path.join(folder, 'lake'));

function addresses() {
  const ask = (what) => JSON.parse(lake.run('report', what, '--json', '--limit=3', '--from=now-14d')).data;
  const end = new Date().toISOString().slice(0, 10);
  const start = new Date(Date.parse(end) - 7 * 864e5).toISOString().slice(0, 10);
  const range = `?from=${start}&to=${end}`;
  const category = ask('categories')[1].id;
  return {
    overview: `/${range}`, categories: `/categories${range}`, category: `/category/${category}${range}`,
    broadcasters: `/broadcasters${range}`, broadcaster: `/broadcaster/${ask('broadcasters')[0].id}${range}`,
    genres: `/genres${range}`, genre: `/genre/12${range}`, 'game-modes': `/game-modes${range}`, 'game-mode': `/game-mode/1${range}`,
    languages: `/languages${range}`, language: `/language/en${range}`, session: `/session/${ask('sessions')[0].id}${range}`,
    compare: `/compare${range}&item=category:${category}&item=language:en`, pipeline: `/pipeline${range}`,
  };
}

async function measure(browser, address) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
  const page = await context.newPage();
  const requests = [];
  page.on('requestfinished', (request) => {
    const timing = request.timing();
    if (request.url().includes('/api/') && !request.url().includes('/events'))
      requests.push([timing.responseEnd - Math.max(timing.requestStart, 0), request.url().replace(lake.url, '')]);
  });
  await page.addInitScript(() => {
    window.longest = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration); }).observe({ type: 'longtask', buffered: true });
    new MutationObserver(() => { if (!window.chartAt && document.querySelector('main canvas, main [data-testid="table"] td')) window.chartAt = performance.now(); }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(lake.url + address);
  await page.waitForSelector('h1');
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'), null, { timeout: 120_000 });
  const done = await page.evaluate(() => ({ chart: window.chartAt, all: performance.now(), longest: window.longest }));
  await context.close();
  requests.sort((a, b) => b[0] - a[0]);
  return { ...done, slowest: requests[0] };
}

lake.run('demo', '--once', '--sim', lake.simulator, '--days', days);
await lake.serve();
process.once('exit', () => lake.process.kill());
const { browser } = await openBrowser(modules);
const pages = addresses();
console.log(`${'page'.padEnd(14)}${['chart', 'all', 'task', 'request', 'again'].map((word) => word.padStart(9)).join('')}  slowest request`);
for (const [name, address] of Object.entries(pages)) {
  const first = await measure(browser, address);
  const again = await measure(browser, address);
  const numbers = [first.chart, first.all, first.longest, first.slowest[0], again.all];
  console.log(name.padEnd(14) + numbers.map((value) => (value ?? 0).toFixed(0).padStart(9)).join('') + `  ${decodeURIComponent(first.slowest[1]).slice(0, 90)}`);
}
await browser.close();
await lake.stop();
rmSync(folder, { recursive: true, force: true });
