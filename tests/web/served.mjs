// A lake with an invented history, `livelake serve` on it, and a browser.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';

const SMALL = ['--days', '3', '--streams', '150', '--cadence', '30m', '--seed', '7'];

function environment() {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('LIVELAKE_'));
  return { ...Object.fromEntries(own), LC_ALL: 'C' };
}

export class Lake {
  constructor(livelake, simulator, folder) {
    this.livelake = livelake;
    this.folder = folder;
    this.simulator = simulator;
  }
  run(...words) {
    return execFileSync(this.livelake, [...words, '--lake', this.folder, '--quiet'], {
      env: environment(), encoding: 'utf8', maxBuffer: 1 << 28, timeout: 300_000,
    });
  }
  fill(words = SMALL) {
    this.run('demo', '--once', '--sim', this.simulator, ...words);
  }
  async serve() {
    this.process = spawn(this.livelake, ['serve', '--json', '--set', 'serve.port=0', '--lake', this.folder, '--quiet'], {
      env: environment(), stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of readline.createInterface({ input: this.process.stdout })) {
      this.url = JSON.parse(line).url.replace(/\/$/, '');
      return this.url;
    }
    throw new Error('livelake serve has ended');
  }
  async stop() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
  }
}

/** The modules that scripts/bootstrap put into `folder`, and a browser. */
export async function openBrowser(folder) {
  const require = createRequire(path.resolve(folder, 'package.json'));
  const { chromium } = require('playwright-core');
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (!executablePath) throw new Error('no Chromium: scripts/bootstrap browser');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--lang=en-US'] });
  return { browser, axe: require.resolve('axe-core/axe.min.js') };
}
