// One person at one browser: what they can do, and what they can see. Everything goes through what a person uses.

import { expect } from '@playwright/test';

export class Party {
  /** What should not have happened on this page, in words. */
  complaints = [];
  #expected = [];

  constructor(name, page, home) {
    this.name = name;
    this.page = page;
    this.home = home;
    this.#watch();
  }

  /** Opens `path` (a path of the server, or a whole link), home by default. */
  async open(path = '/') {
    await this.page.goto(new URL(path, this.home).href);
  }

  /** The screen called `name`. */
  screen(name) {
    return this.page.locator(`main[data-screen="${name}"]`);
  }

  /** Waits until the screen is `name`. */
  async at(name, options) {
    await expect(this.page.locator('main[data-screen]'), `${this.name}'s screen`).toHaveAttribute(
      'data-screen',
      name,
      options,
    );
  }

  /** What can be pressed and is called `name`. */
  button(name) {
    const exactly = { name, exact: true };
    return this.page.getByRole('button', exactly).or(this.page.getByRole('link', exactly));
  }

  async press(name) {
    await this.button(name).click();
  }

  byTestId(id) {
    return this.page.getByTestId(id);
  }

  /** Starts a session and reads its invite. */
  async invite() {
    await this.open();
    await this.press('Start, and invite someone');
    await this.at('invite');
    const link = await shown(this.byTestId('invite-link'));
    const code = await shown(this.byTestId('invite-code'));
    expect(link).toMatch(/^http:\/\/\S+#\S+$/);
    expect(code).toMatch(/^\d+-[a-z]+-[a-z]+$/);
    return { link, code };
  }

  /** Types a code on the join screen. */
  async join(code) {
    await this.open();
    await this.press('I have a code');
    await this.at('join');
    await this.page.getByRole('textbox', { name: 'Code' }).fill(code);
    await this.press('Join');
  }

  /** The words as they stand on the screen. */
  async words() {
    const words = this.byTestId('words');
    await expect(words).toHaveText(/^\W*[a-z]+\W+[a-z]+\W+[a-z]+\W*$/i);
    return (await words.innerText()).toLowerCase().match(/[a-z]+/g).join(' ');
  }

  async accept() {
    await this.at('agree');
    await this.press('Accept');
  }

  amount() {
    return this.page.getByRole('textbox', { name: 'Your amount' });
  }

  /** Types an amount and asks for the comparison. */
  async compare(amount) {
    await this.at('amount');
    await this.amount().fill(amount);
    await this.press('Compare');
  }

  /** Waits for the answer: `you`, `they` or `equal` is richer. */
  async answer() {
    await this.at('result');
    return this.byTestId('outcome').getAttribute('data-outcome');
  }

  /** After a result: once more, up to where an amount is asked for. */
  async again() {
    await this.press('Compare again');
    await expect(this.screen('agree').or(this.screen('amount'))).toBeVisible();
    if (await this.screen('agree').isVisible()) await this.press('Accept');
  }

  /** Waits for the failure card with `code` and checks that it says what happened and what to do. */
  async failed(code, options) {
    await this.at('failure', options);
    const card = this.screen('failure');
    await expect(card, `${this.name}'s failure`).toHaveAttribute('data-failure', code);
    await expect(card.getByRole('heading', { level: 1 })).toHaveText(/\w+.*\.$/);
    await expect(card.locator('p').first()).toHaveText(/\w+/);
  }

  /** From now on this side's program sends something else than an honest one would: every message, one bit changed. */
  async cheat() {
    await Promise.all(
      this.#machines().map((machine) =>
        machine.evaluate(() => {
          const send = RTCDataChannel.prototype.send;
          RTCDataChannel.prototype.send = function (data) {
            const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength).slice();
            bytes[0] ^= 0x40;
            return send.call(this, bytes);
          };
        }),
      ),
    );
  }

  /** From now on keeps what this side sends to the other; `sent` reads it. */
  async tap() {
    await Promise.all(
      this.#machines().map((machine) =>
        machine.evaluate(() => {
          globalThis.tapped = [];
          const send = RTCDataChannel.prototype.send;
          RTCDataChannel.prototype.send = function (data) {
            const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength);
            globalThis.tapped.push(Array.from(bytes));
            return send.call(this, data);
          };
        }),
      ),
    );
  }

  /** The messages that this side sent to the other since `tap`. */
  async sent() {
    const messages = await Promise.all(this.#machines().map((machine) => machine.evaluate(() => globalThis.tapped ?? [])));
    return messages.flat().map((bytes) => Buffer.from(bytes));
  }

  /** Console errors that match `pattern` are part of this test, for example a socket that cannot connect. */
  expects(pattern) {
    this.#expected.push(pattern);
  }

  /** The page and its workers, as far as they know data channels. */
  #machines() {
    return [this.page, ...this.page.workers()];
  }

  #complain(text) {
    if (!this.#expected.some((pattern) => pattern.test(text))) this.complaints.push(`${this.name}: ${text}`);
  }

  #watch() {
    const home = new URL(this.home);
    const check = (address) => {
      const url = new URL(address);
      const inside = ['blob:', 'data:'].includes(url.protocol);
      if (!inside && url.host !== home.host) this.#complain(`asked another origin: ${address}`);
    };
    this.page.on('request', (request) => check(request.url()));
    this.page.on('websocket', (socket) => check(socket.url()));
    this.page.on('pageerror', (error) => this.#complain(`uncaught: ${error.stack ?? error}`));
    this.page.on('crash', () => this.#complain('the page crashed'));
    this.page.on('console', (message) => {
      if (['error', 'warning', 'assert'].includes(message.type())) {
        this.#complain(`console ${message.type()}: ${message.text()}`);
      }
    });
  }
}

/** What an element shows: the value of a field, or its text. */
async function shown(element) {
  await expect(element).toBeVisible();
  const text = await element.evaluate((node) => ('value' in node ? node.value : node.innerText));
  return text.trim();
}
