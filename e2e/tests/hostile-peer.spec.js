// The other side's program is not honest. Its messages are changed in the browser that sends them.

import { agree, expect, meetByLink, test } from '../support/fixtures.js';

test('messages that no honest program sends end the session, and the page stays alive', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  await alice.compare('1250');
  await alice.at('run');
  await bob.cheat();
  await bob.compare('980');
  await alice.failed('peer-broke-protocol');
  await expect(bob.screen('failure')).toBeVisible();
  // What was typed is wiped, and the page can begin anew.
  expect(await alice.page.content()).not.toMatch(/1[.,]?250/);
  await alice.open();
  await alice.at('home');
});
