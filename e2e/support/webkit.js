// WebKit, and a person at it: what `Party` is in Chromium, as far as an engine without peer connections needs it. WebKitGTK's
// driver starts its MiniBrowser on a screen of its own, and is spoken to in W3C WebDriver over loopback.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

import { expect } from '@playwright/test';

import { missing, start } from './programs.js';

/** The programs that it takes. */
const PROGRAMS = ['WebKitWebDriver', 'Xvfb'];

/** What WebDriver calls a reference to an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** A proxy that nobody is. */
const NOWHERE = 'http://127.0.0.1:9';

/** Why tests in WebKit are skipped, to stand behind their names; nothing where they can run. */
export const withoutWebKit = PROGRAMS.map(missing).find(Boolean) ?? '';

/** A browser process, its driver and its screen. */
export class WebKit {
  static async launch() {
    const screen = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1300x900x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const programs = [screen];
    const { value: display } = await createInterface({ input: screen.stdio[3] })[Symbol.asyncIterator]().next();
    const port = await freePort();
    const settings = {
      DISPLAY: `:${display}`,
      // No service of a desktop is asked for, and no graphics processor.
      GDK_BACKEND: 'x11',
      NO_AT_BRIDGE: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
      // A request to another host fails, so a forgotten one cannot leave the machine. The same as a capability of the session
      // crashes some MiniBrowsers at their start: the driver's list of hosts to except has no end mark.
      http_proxy: NOWHERE,
      https_proxy: NOWHERE,
      no_proxy: 'localhost,127.0.0.1',
    };
    const driver = start('WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], {
      env: { ...process.env, ...settings },
      stdio: 'ignore',
    });
    programs.unshift(driver);
    const webkit = new WebKit(programs, `http://127.0.0.1:${port}`);
    await expect.poll(() => webkit.#ready(), { message: 'the driver listens' }).toBe(true);
    const { sessionId } = await webkit.#ask('POST', '/session', { capabilities: {} });
    webkit.#session = `/session/${sessionId}`;
    return webkit;
  }

  constructor(programs, driver) {
    this.programs = programs;
    this.driver = driver;
    // A test runner that dies takes them along.
    process.once('exit', this.#kill);
  }

  #session = '';

  /** Sends a command of the session; what it answers. */
  command(method, path, body) {
    return this.#ask(method, `${this.#session}${path}`, body);
  }

  async close() {
    await this.#ask('DELETE', this.#session);
    process.removeListener('exit', this.#kill);
    for (const program of this.programs) {
      const gone = once(program, 'exit');
      program.kill('SIGTERM');
      await gone;
    }
  }

  #ready() {
    return this.#ask('GET', '/status').then(({ ready }) => ready, () => false);
  }

  async #ask(method, path, body) {
    const response = await fetch(`${this.driver}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  #kill = () => this.programs.forEach((program) => program.kill('SIGKILL'));
}

export class WebKitParty {
  constructor(name, webkit, home) {
    this.name = name;
    this.webkit = webkit;
    this.home = home;
  }

  async open(path = '/') {
    const url = new URL(path, this.home).href;
    // Where only the fragment differs the browser would not load the page again.
    await this.webkit.command('POST', '/url', { url: 'about:blank' });
    await this.webkit.command('POST', '/url', { url });
  }

  async at(name) {
    await expect.poll(() => this.attribute('main[data-screen]', 'data-screen'), `${this.name}'s screen`).toBe(name);
  }

  /** Waits for the failure card with `code` and checks that it says what happened. */
  async failed(code) {
    await this.at('failure');
    expect(await this.attribute('main', 'data-failure'), `${this.name}'s failure`).toBe(code);
    expect(await this.text('main h1')).toMatch(/\w+.*\.$/);
    expect(await this.text('main p')).toMatch(/\w+/);
  }

  /** Presses the button or follows the link called `name`. */
  async press(name) {
    await this.#click('xpath', `(//button | //a)[normalize-space() = "${name}"]`);
  }

  /** Goes through the protocol of a lesson to its end. */
  async walk() {
    await expect.poll(() => this.attribute('.bench', 'data-step'), 'the first step').toBe('1');
    const steps = Number(await this.attribute('.bench', 'data-steps'));
    for (let step = 2; step <= steps; step += 1) {
      await this.#click('css selector', '.bench-keys .main');
      await expect.poll(() => this.attribute('.bench', 'data-step'), `step ${step}`).toBe(`${step}`);
    }
  }

  /** What the first element that fits shows. */
  text(selector) {
    return this.run((selector) => document.querySelector(selector)?.innerText ?? null, selector);
  }

  attribute(selector, name) {
    return this.run((selector, name) => document.querySelector(selector)?.getAttribute(name) ?? null, selector, name);
  }

  /** How many formulas there are, and how many of them take no room. */
  formulas() {
    return this.run(() => {
      const sizes = [...document.querySelectorAll('math')].map((formula) => formula.getBoundingClientRect());
      return { all: sizes.length, empty: sizes.filter(({ width, height }) => width < 4 || height < 4).length };
    });
  }

  /** Runs a function in the page. */
  run(what, ...args) {
    return this.webkit.command('POST', '/execute/sync', { script: `return (${what})(...arguments)`, args });
  }

  async #click(using, value) {
    const find = () => this.webkit.command('POST', '/elements', { using, value });
    await expect.poll(async () => (await find()).length, `elements that fit ${value}`).toBeGreaterThan(0);
    const [element] = await find();
    await this.webkit.command('POST', `/element/${element[ELEMENT]}/click`, {});
  }
}

/** A port of loopback that nobody holds. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
