// The answer is right, at every edge, and again and again.

import { agree, compare, expect, meetByLink, test } from '../support/fixtures.js';

const MAX = '92,233,720,368,547,758.07';
const BELOW_MAX = '92,233,720,368,547,758.06';

// What each has, and who that makes richer in Alice's eyes.
const edges = [
  ['0', '0', 'equal'],
  ['0', '0.01', 'they'],
  ['0.01', '0', 'you'],
  ['1', '1.01', 'they'],
  ['1', '1.00', 'equal'],
  [MAX, MAX, 'equal'],
  [MAX, BELOW_MAX, 'you'],
  [BELOW_MAX, MAX, 'they'],
  [MAX, '0', 'you'],
  // Differs in the highest bit only, and in all bits: 2^62 against 2^62 - 1.
  ['46,116,860,184,273,879.04', '46,116,860,184,273,879.03', 'you'],
  ['42,949,672.95', '42,949,672.96', 'they'],
  ['$1,250.00', '1.250,00 €', 'equal'],
  ['R$ 1.250,00', '1 250,00 zł', 'equal'],
  ['１２５０円', '1.250,01 kr', 'they'],
];

const mirror = { you: 'they', they: 'you', equal: 'equal' };

test('every edge, in one session', async ({ alice, bob }) => {
  test.setTimeout(120_000);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  for (const [index, [hers, his, answer]] of edges.entries()) {
    if (index > 0) await Promise.all([alice.again(), bob.again()]);
    expect(await compare(alice, hers, bob, his), `${hers} against ${his}`).toEqual([answer, mirror[answer]]);
  }
});

test('twenty comparisons in one session', async ({ alice, bob }) => {
  test.setTimeout(120_000);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  for (let round = 0; round < 20; round += 1) {
    if (round > 0) await Promise.all([alice.again(), bob.again()]);
    // Walks through richer, poorer and equal.
    const [hers, his] = [10 + (round % 3), 11];
    const answer = hers > his ? 'you' : hers < his ? 'they' : 'equal';
    expect(await compare(alice, `${hers}`, bob, `${his}`), `round ${round + 1}`).toEqual([answer, mirror[answer]]);
  }
});

test('who gives the amount first makes no difference', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  await bob.compare('5');
  await bob.at('run');
  await expect(alice.screen('amount'), 'she is still choosing').toBeVisible();
  await alice.compare('6');
  expect([await alice.answer(), await bob.answer()]).toEqual(['you', 'they']);
});
