// Firefox, and a person at it: what `Party` is in Chromium, as far as the two browsers' tests need it.

import { expect } from '@playwright/test';
import puppeteer, { Locator } from 'puppeteer-core';

import { find } from './programs.js';

const prefs = {
  // As in Chromium: peer connections may use 127.0.0.1, and with the microphone granted every address is a candidate, by itself
  // and not as an mDNS name. So the two meet on a machine without any network.
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'permissions.default.microphone': 1,
  // Whatever asks for another host gets no answer, so a forgotten request cannot leave the machine.
  'network.dns.disabled': true,
  'intl.accept_languages': 'en-GB',
};

/** A browser process with a profile of its own. It ends with whoever started it. */
export function launch() {
  return puppeteer.launch({ browser: 'firefox', executablePath: find('firefox-esr'), headless: true, extraPrefsFirefox: prefs });
}

export class FirefoxParty {
  /** What should not have happened on this page, in words. */
  complaints = [];
  /** What this person's own address ends with. */
  query = '';

  /** A person with a fresh context of `browser`. */
  static async enter(name, browser, home) {
    const context = await browser.createBrowserContext();
    return new FirefoxParty(name, await context.newPage(), home);
  }

  constructor(name, page, home) {
    this.name = name;
    this.page = page;
    this.home = home;
    this.#watch();
  }

  /** Forgets the person and all that the browser kept of them. */
  async leave() {
    await this.page.browserContext().close();
  }

  async open(path = `/${this.query}`) {
    await this.page.goto(new URL(path, this.home).href);
  }

  async at(name, options) {
    const screen = () => this.page.evaluate(() => document.querySelector('main[data-screen]')?.dataset.screen);
    await expect.poll(screen, { message: `${this.name}'s screen`, ...options }).toBe(name);
  }

  async press(name) {
    await Locator.race(['button', 'link'].map((role) => this.#called(name, role))).click();
  }

  choice(name, role = 'radio') {
    return { check: () => this.#called(name, role).click() };
  }

  async invite() {
    await this.open();
    return this.#invited();
  }

  async startCheck(role) {
    await this.open();
    await this.choice('Private picture check').check();
    await this.choice(`I have the ${role}`).check();
    return this.#invited();
  }

  async #invited() {
    await this.press('Start, and invite someone');
    await this.at('invite');
    return { link: await this.#shown('invite-link'), code: await this.#shown('invite-code') };
  }

  async join(code) {
    await this.open();
    await this.press('I have a code');
    await this.at('join');
    await this.#called('Code', 'textbox').fill(code);
    await this.press('Join');
  }

  async words() {
    return (await this.#shown('words')).toLowerCase().match(/[a-z]+/g).join(' ');
  }

  async badge() {
    return this.#shown('badge');
  }

  async accept() {
    await this.at('agree');
    await this.press('Accept');
  }

  async compare(amount) {
    await this.at('amount');
    await this.#called('Your amount', 'textbox').fill(amount);
    await this.press('Compare');
  }

  async answer() {
    await this.at('result');
    return this.page.$eval('[data-testid="outcome"]', (outcome) => outcome.dataset.outcome);
  }

  /** Proposes a bundled model. */
  async chooseModel(model) {
    await this.at('model');
    await this.choice(model).check();
    await this.press('Propose it');
  }

  async draw(strokes) {
    await this.at('picture');
    const pad = await this.page.waitForSelector('[data-testid="pad"]', { visible: true });
    await pad.scrollIntoView();
    const { x, y, width, height } = await pad.boundingBox();
    const { mouse } = this.page;
    for (const [first, ...rest] of strokes) {
      await mouse.move(x + first[0] * width, y + first[1] * height);
      await mouse.down();
      for (const point of rest) await mouse.move(x + point[0] * width, y + point[1] * height, { steps: 6 });
      await mouse.up();
    }
  }

  async check() {
    await this.at('picture');
    await this.press('Check it');
  }

  /** How many formulas there are, and how many of them take no room: the page draws them by MathML. */
  formulas() {
    return this.page.$$eval('math', (all) => {
      const sizes = all.map((formula) => formula.getBoundingClientRect());
      return { all: all.length, empty: sizes.filter(({ width, height }) => width < 4 || height < 4).length };
    });
  }

  /** What a person finds by its role and its name, once it is there. */
  #called(name, role) {
    return this.page.locator(`::-p-aria([name="${name}"][role="${role}"])`);
  }

  /** What an element shows: the value of a field, or its text. */
  async #shown(id) {
    const element = await this.page.waitForSelector(`[data-testid="${id}"]`, { visible: true });
    return element.evaluate((node) => ('value' in node ? node.value : node.innerText).trim());
  }

  #watch() {
    const complain = (text) => this.complaints.push(`${this.name}: ${text}`);
    this.page.on('request', (request) => {
      const url = new URL(request.url());
      const inside = ['blob:', 'data:'].includes(url.protocol);
      if (!inside && url.host !== new URL(this.home).host) complain(`asked another origin: ${url}`);
    });
    this.page.on('pageerror', (error) => complain(`uncaught: ${error.stack ?? error}`));
    this.page.on('error', (error) => complain(`the page crashed: ${error}`));
    this.page.on('console', (message) => {
      if (['error', 'warn', 'assert'].includes(message.type())) complain(`console ${message.type()}: ${message.text()}`);
    });
  }
}
