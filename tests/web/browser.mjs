// The dashboard as people use it. Writes TAP.
// Usage: node browser.mjs LIVELAKE SIM MODULES SCREENSHOTS
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Lake, openBrowser } from './served.mjs';

const FIRST_LOAD_BYTES = 150_000;
const [livelake, simulator, modules, shots] = process.argv.slice(2).map((word) => path.resolve(word));
const folder = mkdtempSync(path.join(tmpdir(), 'livelake-web-'));
mkdirSync(shots, { recursive: true });

const lake = new Lake(livelake, simulator, path.join(folder, 'lake'));
let range, ids, browser, axe;

const report = (what, ...words) => JSON.parse(lake.run('report', what, '--json', ...words)).data;

function learn() {
  const slots = JSON.parse(lake.run('query', 'SELECT min(slot) AS a, max(slot) AS b FROM run', '--json')).data[0];
  const stamp = (s) => new Date(s * 1000).toISOString().replace('.000Z', 'Z');
  range = { from: stamp(slots.a + 86400), to: stamp(slots.b + 1800) };
  const words = [`--from=${range.from}`, `--to=${range.to}`];
  const top = (what) => report(what, ...words, '--limit=1')[0].id;
  ids = {
    category: report('categories', ...words, '--limit=3')[2].id, broadcaster: top('broadcasters'), session: top('sessions'),
    genre: report('genres', ...words, '--limit=0').find((row) => Number(row.id) > 0).id, mode: report('game-modes', ...words, '--limit=0').find((row) => Number(row.id) > 0).id,
  };
}

const query = (more = '') => `?from=${range.from}&to=${range.to}${more}`;
const PAGES = {
  overview: () => '/', categories: () => '/categories', category: () => `/category/${ids.category}`,
  broadcasters: () => '/broadcasters', broadcaster: () => `/broadcaster/${ids.broadcaster}`,
  genres: () => '/genres', genre: () => `/genre/${ids.genre}`, 'game-modes': () => '/game-modes',
  'game-mode': () => `/game-mode/${ids.mode}`, languages: () => '/languages', language: () => '/language/en',
  session: () => `/session/${ids.session}`, compare: () => '/compare', pipeline: () => '/pipeline',
};
const address = (name, more = '') => lake.url + PAGES[name]() + query(name === 'compare' ? `&item=category:${ids.category}&item=language:en${more}` : more);

/** A page whose faults are collected. */
async function openPage(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'en-US', timezoneId: 'America/New_York', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on('console', (message) => { if (message.type() === 'error') page.faults.push(message.text()); });
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('requestfailed', (request) => { if (!/events|ERR_ABORTED/.test(request.url() + request.failure().errorText)) page.faults.push(request.url()); });
  return page;
}
async function settle(page) {
  await page.waitForSelector('h1');
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'), null, { timeout: 60_000 });
  await page.waitForTimeout(60);
}
async function visit(page, url) {
  await page.goto(url);
  await settle(page);
}
const param = (page, name) => new URL(page.url()).searchParams.getAll(name);

// --- cases

async function everyPage(name) {
  for (const theme of ['light', 'dark']) {
    const page = await openPage({ colorScheme: theme });
    await visit(page, address(name));
    assert.match(await page.title(), /livelake$/);
    assert.equal(await page.locator('[role="alert"]').count(), 0, await page.locator('main').innerText());
    assert.ok((await page.locator('[data-testid^="panel-"]').count()) > 0);
    await page.addScriptTag({ path: axe }).catch(async () => page.evaluate(readFileSync(axe, 'utf8')));
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    const told = found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ')}`);
    assert.deepEqual(told, [], `${theme}: ${told.join('\n')}`);
    await page.screenshot({ path: path.join(shots, `${name}-${theme}.png`), fullPage: true });
    assert.deepEqual(page.faults.filter((fault) => !/script-src|Content Security Policy/.test(fault)), []);
    await page.context().close();
  }
}

async function phoneWidth() {
  const page = await openPage({ viewport: { width: 360, height: 740 }, hasTouch: true });
  for (const name of Object.keys(PAGES)) {
    await visit(page, address(name));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `${name}: ${width} px wide`);
    if (name === 'overview' || name === 'category') await page.screenshot({ path: path.join(shots, `${name}-phone.png`), fullPage: true });
  }
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

/** A number in the table's cells as the report has it: data-value holds all digits. */
function sameCell(shown, value) {
  if (value === null || value === undefined) return shown === '';
  return typeof value === 'number' ? Math.abs(Number(shown) - value) <= 1e-9 * Math.abs(value) : shown === String(value);
}

/** Every table of a page against `livelake report` asked with the same parameters. */
async function numbersOf(page, name) {
  await visit(page, address(name));
  const slugs = await page.locator('[data-testid^="panel-"]').evaluateAll((all) => all.map((one) => one.dataset.testid.slice(6)));
  await visit(page, address(name, slugs.map((slug) => `&table=${slug}`).join('')));
  let compared = 0;
  for (const panel of await page.locator('[data-testid^="panel-"]').all()) {
    const link = panel.locator('[data-testid="export-menu"] a').first();
    if ((await link.count()) === 0) continue;
    const url = new URL(await link.getAttribute('href'), lake.url);
    const what = url.pathname.split('/').pop();
    if (what === 'compare') continue;
    const table = panel.locator('table[data-testid="table"]');
    if ((await table.count()) === 0) continue;
    const rows = await table.locator('tbody tr').evaluateAll((all) => all.map((row) => Object.fromEntries([...row.children].map((cell) => [cell.dataset.key, cell.dataset.value]))));
    const words = [...url.searchParams].filter(([key]) => !['format', 'limit'].includes(key)).map(([key, value]) => `--${key}=${value}`);
    const wanted = report(what, ...words, '--limit=0');
    const label = `${name} ${await panel.getAttribute('data-testid')}`;
    assert.ok(rows.length > 0, label);
    const keys = Object.keys(rows[0]);
    const textOf = (row) => keys.map((key) => row[key] ?? '').join('|');
    for (const row of rows) {
      const match = wanted.some((one) => keys.every((key) => !(key in one) || sameCell(row[key], one[key])));
      // A day without a stream has no row in the report; the calendar shows it as 0.
      assert.ok(match || (label.endsWith('calendar') && row.airtime_hours === '0'), `${label}: ${textOf(row)}`);
      compared++;
    }
  }
  for (const kpi of await page.locator('[data-testid^="kpi-"]').all()) {
    const shown = await kpi.getAttribute('data-value');
    const metric = (await kpi.getAttribute('data-testid')).slice(4);
    const [what, filter, id] = { overview: ['platform'], category: ['categories', `category:${ids.category}`, ids.category], genre: ['genres', `genre:${ids.genre}`, ids.genre], 'game-mode': ['game-modes', `game_mode:${ids.mode}`, ids.mode], language: ['languages', 'language:en', 'en'], broadcaster: ['broadcasters', `broadcaster:${ids.broadcaster}`, ids.broadcaster] }[name];
    const words = [`--from=${range.from}`, `--to=${range.to}`, '--limit=0', ...(filter ? [`--filter=${filter}`] : [])];
    const answer = JSON.parse(lake.run('report', what, '--json', ...words));
    const row = answer.data.find((one) => id === undefined || one.id === id);
    const value = metric === 'slot_coverage' ? answer.meta.slot_coverage : row[metric];
    assert.ok(sameCell(shown, value), `${name} ${metric}: ${shown}, not ${value}`);
    compared++;
  }
  return compared;
}

async function numbersEqualTheReport() {
  const page = await openPage();
  let compared = 0;
  for (const name of Object.keys(PAGES)) compared += await numbersOf(page, name);
  console.log(`# ${compared} rows and numbers compared`);
  assert.ok(compared > 1500, `only ${compared} compared`);
  await page.context().close();
}

async function filters() {
  const page = await openPage();
  await visit(page, address('overview'));
  const bars = page.locator('[data-testid="panel-top-categories"] button.bar');
  await bars.first().click();
  await settle(page);
  assert.match(param(page, 'filter')[0], /^category:\d+$/);
  assert.equal(await page.getByTestId('filter-chip').count(), 1);
  const only = await page.getByTestId('kpi-hours_watched').getAttribute('data-value');
  await page.locator('[data-testid="panel-languages"] button.bar').first().click({ modifiers: ['Alt'] });
  await settle(page);
  assert.match(param(page, 'filter')[1], /^-language:/);
  assert.ok(Number(await page.getByTestId('kpi-hours_watched').getAttribute('data-value')) < Number(only));
  await page.getByTestId('filter-chip').first().getByRole('button').click();
  await settle(page);
  assert.equal(param(page, 'filter').length, 1);
  await page.locator('h1').click();
  await page.keyboard.press('Escape');
  await settle(page);
  assert.equal(param(page, 'filter').length, 0);
  await page.goBack();
  await settle(page);
  assert.equal(param(page, 'filter').length, 1);
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

async function zoom() {
  const page = await openPage();
  await visit(page, address('overview'));
  const chart = await page.locator('[data-testid="panel-viewers"] .u-over').boundingBox();
  await page.mouse.move(chart.x + chart.width * 0.3, chart.y + 40);
  await page.mouse.down();
  await page.mouse.move(chart.x + chart.width * 0.6, chart.y + 60, { steps: 5 });
  await page.mouse.up();
  await settle(page);
  const length = Date.parse(param(page, 'to')[0]) - Date.parse(param(page, 'from')[0]);
  const before = Date.parse(range.to) - Date.parse(range.from);
  assert.ok(length > before * 0.2 && length < before * 0.4, `${length / before}`);
  const over = page.locator('[data-testid="panel-viewers"] .u-over');
  await over.dblclick();
  await settle(page);
  assert.equal(param(page, 'from')[0], range.from);
  await over.hover();
  assert.match(await page.locator('[data-testid="panel-viewers"] .legend').innerText(), /\d/);
  await page.context().close();
}

async function controls() {
  const page = await openPage();
  await visit(page, lake.url + '/');
  const press = async (key) => { await page.locator('h1').click(); await page.keyboard.press(key); await settle(page); };
  await press('d');
  assert.equal(param(page, 'from')[0], 'now-1d');
  await press('m');
  assert.equal(param(page, 'from')[0], 'now-30d');
  await press('w');
  assert.deepEqual(param(page, 'from'), []);
  await press('ArrowLeft');
  const back = { from: param(page, 'from')[0], to: param(page, 'to')[0] };
  assert.equal(Date.parse(back.to) - Date.parse(back.from), 7 * 864e5);
  await press('ArrowRight');
  assert.equal(param(page, 'to')[0], 'now');
  await press('x');
  assert.equal(param(page, 'compare')[0], 'none');
  assert.equal(await page.locator('.moved.good, .moved.bad').count(), 0);
  await press('x');
  await press('i');
  assert.equal(param(page, 'grain')[0], 'day');
  await page.getByTestId('grain').selectOption('week');
  assert.equal(param(page, 'grain')[0], 'week');
  await page.getByTestId('compare-toggle').selectOption('week');
  assert.equal(param(page, 'compare')[0], 'week');
  await page.getByTestId('zone-picker').fill('Asia/Tokyo');
  await page.getByTestId('zone-picker').press('Tab');
  await settle(page);
  assert.equal(param(page, 'tz')[0], 'Asia/Tokyo');
  assert.match(await page.locator('main').innerText(), /Hours of the week in Asia\/Tokyo/);
  await page.getByLabel('From day').fill('2026-01-05');
  await page.getByLabel('From day').blur();
  await settle(page);
  assert.equal(param(page, 'from')[0], '2026-01-05');
  await page.getByRole('button', { name: '30 days' }).click();
  await settle(page);
  assert.equal(param(page, 'from')[0], 'now-30d');
  await page.getByLabel('Attribution').selectOption('full');
  await settle(page);
  assert.equal(param(page, 'attribution')[0], 'full');
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

async function themes() {
  const page = await openPage();
  await visit(page, address('overview'));
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  const toggle = page.getByTestId('theme-toggle');
  await toggle.click();
  assert.equal(await background(), light);
  await toggle.click();
  assert.notEqual(await background(), light);
  const dark = await background();
  await page.reload({ waitUntil: 'commit' });
  await page.waitForSelector('body', { state: 'attached' });
  assert.equal(await background(), dark, 'the theme is there before the page');
  await page.context().close();
}

async function search() {
  const page = await openPage();
  await visit(page, address('overview'));
  const name = report('categories', `--from=${range.from}`, `--to=${range.to}`, '--limit=3')[2].name;
  await page.keyboard.press('/');
  await page.keyboard.type(name.slice(0, 6));
  await page.waitForSelector('[role="option"]');
  const options = await page.locator('[role="option"]').allInnerTexts();
  const at = options.findIndex((text) => text.includes(name));
  assert.ok(at >= 0, options.join(', '));
  for (let i = 0; i < at; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await settle(page);
  assert.equal(new URL(page.url()).pathname, `/category/${ids.category}`);
  assert.equal(await page.locator('h1').innerText(), name);
  assert.equal(param(page, 'from')[0], range.from, 'the range goes along');
  await page.context().close();
}

async function keyboardOnly() {
  const page = await openPage();
  await visit(page, address('overview'));
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'To the content');
  for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Categories');
  await page.keyboard.press('Enter');
  await settle(page);
  assert.equal(new URL(page.url()).pathname, '/categories');
  await page.keyboard.press('?');
  await page.waitForSelector('[data-testid="help"][open]');
  await page.keyboard.press('Escape');
  await visit(page, address('overview'));
  const heat = page.getByTestId('heatmap');
  await heat.focus();
  await page.keyboard.press('ArrowDown');
  assert.match(await heat.getAttribute('aria-label'), /Tue 00:00/);
  assert.equal(param(page, 'from')[0], range.from, 'arrows belong to the map');
  const formula = page.getByTestId('formula-hours_watched').first();
  await formula.focus();
  await page.keyboard.press('Enter');
  assert.match(await page.locator('dialog[open]').innerText(), /viewers × slot length/);
  await page.keyboard.press('Escape');
  const table = page.getByTestId('table-viewers');
  await table.focus();
  await page.keyboard.press('Enter');
  assert.deepEqual(param(page, 'table'), ['viewers']);
  await page.locator('[data-testid="panel-viewers"] thead button').nth(1).focus();
  await page.keyboard.press('Enter');
  const values = await page.locator('[data-testid="panel-viewers"] tbody [data-key="average_viewers"]').evaluateAll((all) => all.map((one) => Number(one.dataset.value)));
  assert.deepEqual(values, [...values].sort((a, b) => b - a));
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

async function drillDown() {
  const page = await openPage();
  await visit(page, address('overview'));
  const click = async (panel, path) => {
    const link = page.locator(`[data-testid="panel-${panel}"] a[href^="${path}"]`).first();
    await link.click();
    await page.waitForURL((url) => url.pathname.startsWith(path));
    await settle(page);
    assert.equal(param(page, 'from')[0], range.from);
  };
  await page.locator('nav[aria-label="Pages"] a', { hasText: 'Genres' }).click();
  await settle(page);
  await click('ranking', '/genre/');
  await click('top-categories', '/category/');
  await click('top-broadcasters', '/broadcaster/');
  await click('sessions', '/session/');
  for (const path of ['/broadcaster/', '/broadcasters']) {
    await page.locator(`nav[aria-label="Way here"] a[href^="${path}"]`).last().click();
    await settle(page);
    assert.ok(new URL(page.url()).pathname.startsWith(path));
  }
  await page.locator('.brand').click();
  await settle(page);
  assert.equal(new URL(page.url()).pathname, '/');
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

async function exports() {
  const page = await openPage({ acceptDownloads: true });
  await visit(page, address('broadcaster'));
  const panel = page.getByTestId('panel-sessions');
  await panel.locator('summary').click();
  const [download] = await Promise.all([page.waitForEvent('download'), panel.getByRole('link', { name: 'CSV' }).click()]);
  const text = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
  assert.match(text[0], /^id,name,login,broadcaster_id,started_at/);
  assert.equal(text.length - 1, report('sessions', `--from=${range.from}`, `--to=${range.to}`, `--filter=broadcaster:${ids.broadcaster}`, '--limit=0').length);
  assert.match(download.suggestedFilename(), /^livelake-sessions\.csv$/);
  for (const slug of ['series', 'calendar', 'schedule', 'category-share']) {
    const chart = page.getByTestId(`panel-${slug}`);
    await chart.locator('summary').click();
    const [picture] = await Promise.all([page.waitForEvent('download'), chart.getByRole('button', { name: 'PNG' }).click()]);
    const png = readFileSync(await picture.path());
    assert.equal(png.subarray(1, 4).toString(), 'PNG');
    assert.ok(png.length > 5000, `${slug}: ${png.length} bytes`); // not an empty sheet
    assert.equal(await page.locator('details[open]').count(), 0, 'the menu closes');
  }
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

async function comparing() {
  const page = await openPage();
  await visit(page, address('category'));
  await page.getByRole('button', { name: 'Compare…' }).click();
  await page.waitForURL(/compare/);
  await page.locator('#add-item').fill('english');
  await page.waitForSelector('#add-item-list [role="option"]');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('[data-testid="compared"]').length === 2);
  await settle(page);
  await page.getByTestId('align').click();
  await settle(page);
  assert.deepEqual(param(page, 'align'), ['first']);
  assert.match(await page.locator('main').innerText(), /since first seen/);
  await page.getByTestId('compared').first().getByRole('button').click();
  await settle(page);
  assert.deepEqual(param(page, 'item'), ['language:en']);
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

async function emptyAndWrong() {
  const page = await openPage();
  await visit(page, `${lake.url}/?from=2020-01-01&to=2020-01-08`);
  assert.match(await page.getByTestId('panel-viewers').innerText(), /Nobody collected in this range/);
  await visit(page, `${lake.url}/?from=now-10m`);
  assert.match(await page.getByTestId('panel-viewers').innerText(), /newest data is of/);
  await page.getByTestId('panel-viewers').getByRole('button', { name: /Show the 7 days/ }).click();
  await settle(page);
  assert.equal(await page.locator('[data-testid="panel-viewers"] canvas').count(), 1);
  assert.deepEqual(page.faults, []);
  await visit(page, `${lake.url}/category/999999999`);
  assert.match(await page.locator('[role="alert"]').first().innerText(), /there is no category 999999999/);
  await visit(page, `${lake.url}/categories?tz=Mars/Olympus`).catch(() => undefined);
  await page.route('**/api/v1/platform?*', (route) => route.abort());
  await visit(page, address('overview'));
  assert.match(await page.getByTestId('panel-viewers').innerText(), /does not answer/);
  await page.context().close();
}

async function gapsAreGaps() {
  const page = await openPage();
  const gap = new Date(Date.parse(range.to) - 6 * 3600e3).toISOString().replace('.000Z', 'Z');
  const later = new Date(Date.parse(range.to) + 6 * 3600e3).toISOString().replace('.000Z', 'Z');
  await visit(page, `${lake.url}/?from=${gap}&to=${later}&grain=slot`);
  assert.match(await page.getByTestId('panel-viewers').innerText(), /observed/);
  assert.match(await page.getByTestId('kpi-slot_coverage').innerText(), /\d+ of \d+ slots/);
  assert.ok((await page.locator('[data-testid="panel-viewers"] [data-testid="coverage-strip"] rect.none').count()) > 0);
  await page.context().close();
}

/** An hour that was observed and in which a thing was not live is no gap; the rest of the chart is drawn, too. */
async function nothingIsNoGap() {
  const page = await openPage();
  await visit(page, address('broadcaster'));
  const heat = page.locator('[data-testid="panel-schedule"]');
  const known = await heat.locator('[data-testid="heatmap"] rect:not(.none)').count();
  await visit(page, address('overview'));
  const observed = await page.locator('[data-testid="panel-heat"] [data-testid="heatmap"] rect:not(.none)').count();
  assert.equal(known, observed);
  assert.match(await page.getByTestId('panel-by-category').locator('.legend').innerText(), /All others/);
  assert.ok((await page.locator('[data-testid="panel-movers"] .movers li').count()) > 0);
  await page.context().close();
}

async function newData() {
  const page = await openPage();
  await visit(page, address('overview'));
  let asked = 0;
  page.on('request', (request) => { asked += request.url().includes('/api/v1/platform') ? 1 : 0; });
  lake.run('replay', '--from', range.from, '--to', range.to);
  await page.waitForTimeout(100);
  for (let i = 0; i < 100 && asked === 0; i++) await page.waitForTimeout(100);
  assert.ok(asked > 0, 'the page asks again when data has landed');
  await settle(page);
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

async function hostileNames() {
  const page = await openPage();
  const evil = '<img src=x onerror="window.evil=1"><script>window.evil=1</script>\u202egnp.exe';
  await page.route('**/api/v1/categories?*', async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    for (const row of answer.data) row.name = evil;
    await route.fulfill({ response, json: answer });
  });
  await visit(page, address('overview', '&table=top-categories'));
  assert.ok((await page.getByTestId('panel-top-categories').innerText()).includes('<img src=x'));
  assert.equal(await page.evaluate(() => window.evil), undefined);
  assert.equal(await page.locator('main img[src="x"]').count(), 0);
  await page.context().close();
}

async function firstLoad() {
  const page = await openPage();
  let bytes = 0;
  page.on('response', async (response) => {
    if (response.url().includes('/api/')) return;
    const body = await response.body().catch(() => Buffer.alloc(0));
    bytes += gzipSync(body).length;
    const policy = response.headers()['content-security-policy'];
    if (!policy.includes("script-src 'self'")) page.faults.push('no policy');
  });
  await visit(page, address('overview'));
  await page.waitForTimeout(200);
  console.log(`# first load: ${bytes} bytes gzipped`);
  assert.ok(bytes > 10_000 && bytes <= FIRST_LOAD_BYTES, `${bytes}`);
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

// --- all

const cases = [
  ...Object.keys(PAGES).map((name) => [`page ${name}: both themes, accessible, no faults`, () => everyPage(name)]),
  ['phone width', phoneWidth], ['numbers equal the report', numbersEqualTheReport], ['filters', filters], ['zoom', zoom],
  ['range, zone, grain, compare, keys', controls], ['themes', themes], ['search', search], ['keyboard only', keyboardOnly],
  ['drill-down and back', drillDown], ['exports', exports], ['comparing', comparing], ['empty and wrong', emptyAndWrong],
  ['gaps are gaps', gapsAreGaps], ['nothing is no gap', nothingIsNoGap], ['new data', newData], ['hostile names', hostileNames], ['first load', firstLoad],
];

async function main() {
  lake.fill();
  await lake.serve();
  process.once('exit', () => lake.process.kill());
  learn();
  ({ browser, axe } = await openBrowser(modules));
  const wanted = process.env.CASE;
  const chosen = cases.filter(([name]) => !wanted || name.includes(wanted));
  console.log(`1..${chosen.length}`);
  let failed = 0;
  for (const [i, [name, run]] of chosen.entries()) {
    try {
      await run();
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`# ${String(error.stack ?? error).replaceAll('\n', '\n# ')}`);
      console.log(`not ok ${i + 1} - ${name}`);
    }
  }
  await browser.close();
  await lake.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exit(failed > 0 ? 1 : 0);
}

await main();
