// One person at one browser: what they can do, and what they can see. Everything goes through what a person uses.

import { expect } from '@playwright/test';

export class Party {
  /** What should not have happened on this page, in words. */
  complaints = [];
  /** What this person's own address ends with, for example `?compute=gpu`. */
  query = '';
  #expected = [];

  constructor(name, page, home) {
    this.name = name;
    this.page = page;
    this.home = home;
    this.#watch();
  }

  /** Opens `path` (a path of the server, or a whole link), home by default. */
  async open(path = `/${this.query}`) {
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

  /** Goes where the link called `name` leads. */
  async follow(name) {
    await this.page.getByRole('link', { name, exact: true }).click();
  }

  byTestId(id) {
    return this.page.getByTestId(id);
  }

  /** What can be chosen and is called `name`: one of a few, or yes and no. */
  choice(name, role = 'radio') {
    return this.page.getByRole(role, { name, exact: true });
  }

  /** Starts a comparison and reads its invite. */
  async invite() {
    await this.open();
    return this.#invited();
  }

  /** Starts a picture check, with the `picture` or with the `model`, and reads its invite. */
  async startCheck(role) {
    await this.open();
    await this.choice('Private picture check').check();
    await this.choice(`I have the ${role}`).check();
    return this.#invited();
  }

  async #invited() {
    await this.press('Start, and invite someone');
    await this.at('invite');
    const link = await shown(this.byTestId('invite-link'));
    const code = await shown(this.byTestId('invite-code'));
    expect(link).toMatch(/^https?:\/\/\S+#\S+$/);
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

  /** What the badge says of the connection. */
  badge() {
    return this.byTestId('badge').innerText();
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

  /** Waits for the answer: `you`, `they` or `equal` is richer; of a check the label, or `nothing`. */
  async answer() {
    await this.at('result');
    return this.byTestId('outcome').getAttribute('data-outcome');
  }

  /**
   * Proposes a model: `digits`, `clothes`, or a file as Playwright takes one (a path, or a name with bytes), and what it
   * tells: `detail`, `audience` and `pictures` by the words on the screen.
   */
  async chooseModel(model, { detail, audience, pictures } = {}) {
    await this.at('model');
    if (['digits', 'clothes'].includes(model)) await this.choice(model).check();
    else await this.page.getByLabel('Model file', { exact: true }).setInputFiles(model);
    if (detail) await this.choice(detail).check();
    if (audience) await this.choice(audience).check();
    if (pictures) await this.choice(pictures).check();
    await this.press('Propose it');
  }

  /** Draws `strokes` on the pad with the mouse, each a list of [x, y] from 0 to 1. */
  async draw(strokes) {
    await this.at('picture');
    const pad = this.byTestId('pad');
    await pad.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await pad.boundingBox();
    const { mouse } = this.page;
    for (const [first, ...rest] of strokes) {
      await mouse.move(x + first[0] * width, y + first[1] * height);
      await mouse.down();
      for (const point of rest) await mouse.move(x + point[0] * width, y + point[1] * height, { steps: 6 });
      await mouse.up();
    }
  }

  /** Chooses a picture file, or several where a round takes several, as Playwright takes them. */
  async choosePicture(file) {
    await this.at('picture');
    await this.page.getByLabel(/^Picture files?$/).setInputFiles(file);
  }

  /** The pixels that the model will see, as a canvas has them: red, green, blue and opacity of each. */
  seen() {
    return this.byTestId('seen').evaluate((canvas) => {
      const { width, height } = canvas;
      // Chromium warns of a canvas that is read again and again; a copy may be.
      const copy = Object.assign(document.createElement('canvas'), { width, height });
      const context = copy.getContext('2d', { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      return { width, height, data: Array.from(context.getImageData(0, 0, width, height).data) };
    });
  }

  /** Asks for the check: of one picture, or of so many. */
  async check(pictures = 1) {
    await this.at('picture');
    await this.press(pictures === 1 ? 'Check it' : `Check all ${pictures}`);
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

  /** Waits until it is over for the reason `code`, with the answer still to be read. */
  async keepsTheAnswer(code) {
    await expect(this.screen('result').locator('[data-over]'), `${this.name}'s session`).toHaveAttribute('data-over', code);
    await expect(this.byTestId('outcome').first()).toBeVisible();
  }

  /** On pages opened from now on, deadlines of `asked` milliseconds come after `injected` ones. */
  async injectDeadline(asked, injected) {
    await this.page.addInitScript(
      ([asked, injected]) => {
        const { setTimeout } = window;
        window.setTimeout = (call, delay, ...rest) => setTimeout(call, delay === asked ? injected : delay, ...rest);
      },
      [asked, injected],
    );
  }

  /** Sets the clock that this side's machines look at forward, at once. */
  async setMachinesForward(milliseconds) {
    await Promise.all(
      this.page.workers().map((worker) =>
        worker.evaluate((milliseconds) => {
          const { now } = Performance.prototype;
          Performance.prototype.now = function () {
            return now.call(this) + milliseconds;
          };
        }, milliseconds),
      ),
    );
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

  /** From now on this side's program says only `more` messages; the rest never leaves. */
  async fallSilent(more) {
    await Promise.all(
      this.#machines().map((machine) =>
        machine.evaluate((more) => {
          const send = RTCDataChannel.prototype.send;
          RTCDataChannel.prototype.send = function (data) {
            if (more-- > 0) return send.call(this, data);
          };
        }, more),
      ),
    );
  }

  /** Bytes of memory that the compute worker's program has: the most it ever had, for it never gives any back. */
  async memory() {
    const sizes = await Promise.all(
      this.page.workers().map((worker) => worker.evaluate(async () => (await wasm_bindgen()).memory.buffer.byteLength)),
    );
    return Math.max(...sizes);
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
