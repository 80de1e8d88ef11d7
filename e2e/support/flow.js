// What two people do together, as the tests, the pictures and the demonstration need it.

import { expect } from '@playwright/test';

/** Alice sends a link, Bob opens it; both stand before the agreement. */
export async function meetByLink(alice, bob) {
  const { link } = await alice.invite();
  await bob.open(link);
  await Promise.all([alice.at('agree'), bob.at('agree')]);
}

/** Alice says a code, Bob types it; both see the same words. */
export async function meetByCode(alice, bob) {
  const { code } = await alice.invite();
  await bob.join(code);
  await Promise.all([alice.at('meet'), bob.at('meet')]);
  const [hers, his] = await Promise.all([alice.words(), bob.words()]);
  expect(his).toBe(hers);
}

/** Both accept; both are asked for an amount. */
export async function agree(alice, bob) {
  await Promise.all([alice.accept(), bob.accept()]);
  await Promise.all([alice.at('amount'), bob.at('amount')]);
}

/** Both give an amount; what each of them learns. */
export async function compare(alice, hers, bob, his) {
  await Promise.all([alice.compare(hers), bob.compare(his)]);
  return Promise.all([alice.answer(), bob.answer()]);
}
