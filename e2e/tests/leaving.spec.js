// Somebody stops. The other one is told what happened, at once.

import { agree, compare, expect, meetByCode, meetByLink, test } from '../support/fixtures.js';

const stop = (party) => party.button('Leave').or(party.button('Cancel')).first().click();

// How far the two are when one of them stops.
const stages = {
  'before the words are confirmed': meetByCode,
  'before the agreement': meetByLink,
  'before the amount': async (alice, bob) => {
    await meetByLink(alice, bob);
    await agree(alice, bob);
  },
  'while waiting for the other amount': async (alice, bob) => {
    await meetByLink(alice, bob);
    await agree(alice, bob);
    await alice.compare('5');
    await alice.at('run');
  },
};

for (const [stage, reach] of Object.entries(stages)) {
  test(`stopping ${stage}`, async ({ alice, bob }) => {
    await reach(alice, bob);
    await stop(alice);
    await bob.failed('peer-cancelled');
    await expect(alice.screen('home').or(alice.screen('failure'))).toBeVisible();
  });

  test(`closing the page ${stage}`, async ({ alice, bob }) => {
    await reach(alice, bob);
    await alice.page.close();
    await bob.failed('peer-left');
  });
}

test('leaving after the answer', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  await compare(alice, '2', bob, '1');
  await stop(alice);
  await expect(alice.screen('home').or(alice.screen('failure'))).toBeVisible();
  // The answer stays where it is; only the next round is off.
  await bob.keepsTheAnswer('peer-cancelled');
  await bob.press('Done');
  await bob.at('home');
});

test('reloading ends the session, and the old link does not lead back in', async ({ alice, bob }) => {
  const { link } = await alice.invite();
  await bob.open(link);
  await Promise.all([alice.at('agree'), bob.at('agree')]);
  await bob.page.reload();
  await alice.failed('peer-left');
  await bob.open('/');
  await bob.at('home');
  await bob.open(link);
  await expect(bob.screen('failure')).toHaveAttribute('data-failure', /^(room-full|code-unknown)$/);
});

test('accepting alone leads nowhere', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await alice.press('Accept');
  await expect(alice.amount()).toBeHidden();
  await bob.press('Not this');
  await alice.failed('peer-declined');
});

test('the words differ: both stop', async ({ alice, bob }) => {
  await meetByCode(alice, bob);
  await bob.press('They differ');
  await Promise.all([alice.failed('words-differ'), bob.failed('words-differ')]);
});

test('after a failure one can begin anew without reloading', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await alice.press('Not this');
  await Promise.all([bob.failed('peer-declined'), alice.failed('declined')]);
  await meetByLink(bob, alice);
  await agree(alice, bob);
  expect(await compare(alice, '1', bob, '1')).toEqual(['equal', 'equal']);
});
