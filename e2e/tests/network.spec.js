// The network fails, or a laptop's lid falls shut: thirty seconds of trying, then a clear card.
// The tests inject shorter deadlines; the time that the browser takes to notice is waited for.

import { agree, compare, expect, meetByLink, test } from '../support/fixtures.js';

/** The time that a browser may take to notice, with the deadline after it. */
const NOTICED = { timeout: 90_000 };
/** How long the page tries to connect, and the time that a test gives it instead. */
const TRYING = [30_000, 5_000];
/** Longer than a program may be silent while its connection lives. */
const SILENCE = 41_000;

test.describe.configure({ timeout: 150_000 });

test('a browser that is gone without a word is noticed', async ({ alice, person, mortal }) => {
  const bob = await person('Bob', mortal.browser);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  await mortal.kill();
  // The server says who has left it, and the silence on the line agrees.
  await alice.failed('peer-left', NOTICED);
});

test('a browser that freezes is given up after a while', async ({ alice, person, mortal }) => {
  await alice.injectDeadline(...TRYING);
  const bob = await person('Bob', mortal.browser);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  await alice.compare('5');
  await alice.at('run');
  mortal.freeze();
  await alice.failed('connection-lost', NOTICED);
});

test('a browser that wakes up in time goes on where it was', async ({ alice, person, mortal }) => {
  const bob = await person('Bob', mortal.browser);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  mortal.freeze();
  try {
    await expect(alice.byTestId('badge')).toHaveText(/again|reconnect|lost|trying/i, NOTICED);
  } finally {
    mortal.thaw();
  }
  await expect(alice.byTestId('badge')).toHaveText(/direct/i, NOTICED);
  expect(await compare(alice, '8', bob, '9')).toEqual(['they', 'you']);
});

test('a wall between the two browsers is named', async ({ alice, person, walled }) => {
  const bob = await person('Bob', walled);
  await alice.injectDeadline(...TRYING);
  const { link } = await alice.invite();
  await bob.open(link);
  await Promise.all([alice.failed('connection-failed', NOTICED), bob.at('failure', NOTICED)]);
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
  await alice.at('run');
  await alice.setMachinesForward(SILENCE);
  await alice.failed('stalled', NOTICED);
});
