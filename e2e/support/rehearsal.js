// Both sides in one page, as a person uses them.

import { expect } from '@playwright/test';

export class Rehearsal {
  constructor(page) {
    this.page = page;
  }

  /** Goes there from home. */
  static async open(party) {
    await party.open();
    await party.follow('Rehearse alone');
    await party.at('rehearsal');
    return new Rehearsal(party.page);
  }

  /** Alice's or Bob's column. */
  side(name) {
    return this.page.locator(`[data-side="${name}"]`);
  }

  async at(screen) {
    for (const name of ['alice', 'bob']) {
      await expect(this.side(name), `${name}'s screen`).toHaveAttribute('data-screen', screen);
    }
  }

  /** Chooses what to find out, or how far apart the two are. */
  async choose(list, option) {
    await this.page.getByLabel(list).selectOption({ label: option });
  }

  async #pressOn(name, button) {
    await this.side(name).getByRole('button', { name: button, exact: true }).click();
  }

  /** Both accept, put in these amounts, and learn the answer. */
  async compare(alices, bobs) {
    await this.agree();
    await this.putIn(alices, bobs);
    await this.at('result');
  }

  /** Once more, on the same terms. */
  async again(alices, bobs) {
    await this.agreeAgain();
    await this.putIn(alices, bobs);
    await this.at('result');
  }

  async agree() {
    await this.at('agree');
    await this.#pressOn('alice', 'Accept');
    await this.#pressOn('bob', 'Accept');
    await this.at('amount');
  }

  async agreeAgain() {
    await this.#pressOn('alice', 'Compare again');
    await this.#pressOn('bob', 'Compare again');
    await this.at('amount');
  }

  async putIn(alices, bobs) {
    for (const [name, amount] of [['alice', alices], ['bob', bobs]]) {
      await this.side(name).getByLabel('Your amount').fill(amount);
      await this.#pressOn(name, 'Compare');
    }
  }

  /** Every message waits, or none does. */
  async hold(holds) {
    await this.page.getByRole('checkbox', { name: 'Hold every message' }).setChecked(holds);
  }

  /** Lets a message through as soon as one waits; false where both have their answer instead. */
  async pass() {
    const next = this.page.getByRole('button', { name: 'Let the next one through' }).and(this.page.locator(':enabled'));
    const has = (name) => `:has([data-side="${name}"][data-screen="result"])`;
    const done = this.page.locator(`.three${has('alice')}${has('bob')}`);
    await next.or(done).first().waitFor();
    if (await done.count()) return false;
    await next.click();
    return true;
  }

  /** Bob takes the first model, both accept, and Alice draws a one. */
  async check() {
    await expect(this.side('bob')).toHaveAttribute('data-screen', 'model');
    await this.#pressOn('bob', 'Propose it');
    await this.at('agree');
    await this.#pressOn('alice', 'Accept');
    await this.#pressOn('bob', 'Accept');
    const pad = this.side('alice').getByTestId('pad');
    await pad.scrollIntoViewIfNeeded();
    const box = await pad.boundingBox();
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.2);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.8, { steps: 12 });
    await this.page.mouse.up();
    await this.#pressOn('alice', 'Check it');
    await this.at('result');
  }

  /** After a picture check: looks at every layer. */
  async look() {
    await this.page.getByRole('button', { name: 'Look, with the bits as chosen' }).click();
    await this.page.getByTestId('lens-says').waitFor();
  }

  async outcome(name) {
    return this.side(name).getByTestId('outcome').getAttribute('data-outcome');
  }

  /** Shows the messages of one stage only. */
  async stage(name) {
    await this.page.getByRole('group', { name: 'Stages' }).getByRole('button', { name, exact: true }).click();
  }

  list() {
    return this.page.locator('.wire-list');
  }

  /** How many messages are listed, once all that crossed are. */
  async count() {
    return Number(await this.list().getAttribute('data-count'));
  }

  async press(name) {
    await this.page.getByRole('group', { name: 'Message by message' }).getByRole('button', { name, exact: true }).click();
  }
}
