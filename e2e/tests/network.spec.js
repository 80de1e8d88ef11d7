// The network fails, or a laptop's lid falls shut: thirty seconds of trying, then a clear card.

import { agree, compare, expect, meetByLink, test } from '../support/fixtures.js';

// Thirty seconds of trying, and what it takes to notice.
const GIVEN_UP = { timeout: 90_000 };

test.describe.configure({ timeout: 150_000 });

test('a browser that is gone without a word is noticed', async ({ alice, person, mortal }) => {
  const bob = await person('Bob', mortal.browser);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  await mortal.kill();
  // The server says who has left it, and the silence on the line agrees.
  await alice.failed('peer-left', GIVEN_UP);
});

test('a browser that freezes is given up after a while', async ({ alice, person, mortal }) => {
  const bob = await person('Bob', mortal.browser);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  await alice.compare('5');
  await alice.at('run');
  mortal.freeze();
  await alice.failed('connection-lost', GIVEN_UP);
});

test('a browser that wakes up in time goes on where it was', async ({ alice, person, mortal }) => {
  const bob = await person('Bob', mortal.browser);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  mortal.freeze();
  try {
    await expect(alice.byTestId('badge')).toHaveText(/again|reconnect|lost|trying/i, GIVEN_UP);
  } finally {
    mortal.thaw();
  }
  await expect(alice.byTestId('badge')).toHaveText(/direct/i, GIVEN_UP);
  expect(await compare(alice, '8', bob, '9')).toEqual(['they', 'you']);
});

test('a wall between the two browsers is named', async ({ alice, person, walled }) => {
  const bob = await person('Bob', walled);
  const { link } = await alice.invite();
  await bob.open(link);
  await Promise.all([alice.failed('connection-failed', GIVEN_UP), bob.at('failure', GIVEN_UP)]);
});

test('a program that hangs while its connection lives is named', async ({ alice, person, mortal }) => {
  const bob = await person('Bob', mortal.browser);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  await bob.compare('980');
  await bob.at('run');
  // The worker never comes back from this; the browser's end ends it.
  bob.page.workers().forEach((worker) => worker.evaluate(() => { for (;;); }).catch(() => {}));
  await alice.compare('1250');
  await alice.failed('stalled', GIVEN_UP);
});
