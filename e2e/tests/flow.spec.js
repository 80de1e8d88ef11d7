// From two empty browsers to an answer, in every way that leads there.

import { agree, compare, expect, meetByCode, meetByLink, test } from '../support/fixtures.js';

test('by link: each learns who is richer', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  expect(await compare(alice, '1,250.00', bob, '980')).toEqual(['you', 'they']);
});

test('by link: both are shown the same words, and need not press anything', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  expect(await alice.words()).toBe(await bob.words());
});

test('by code: both confirm the words first', async ({ alice, bob }) => {
  await meetByCode(alice, bob);
  await alice.press('They are the same');
  await expect(bob.screen('meet'), 'one confirmation is not enough').toBeVisible();
  await bob.press('They are the same');
  await agree(alice, bob);
  expect(await compare(alice, '3', bob, '4')).toEqual(['they', 'you']);
});

test('the code is taken in capitals and with spaces, as people type it', async ({ alice, bob }) => {
  const { code } = await alice.invite();
  await bob.join(`  ${code.toUpperCase().replaceAll('-', ' ')} `);
  await Promise.all([alice.at('meet'), bob.at('meet')]);
  expect(await alice.words()).toBe(await bob.words());
});

test('nobody sees the other amount, on the screen or in the page', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  await compare(alice, '123456.78', bob, '876543.21');
  for (const [party, secret] of [[alice, /876[.,' ]?543|87654321/], [bob, /123[.,' ]?456|12345678/]]) {
    expect(await party.page.content()).not.toMatch(secret);
  }
});

test('the badge says that the connection is direct', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  for (const party of [alice, bob]) {
    await expect(party.byTestId('badge')).toHaveText(/direct\b.*\d+(\.\d+)?\s*ms/i);
  }
});

test('once the two have met, they need the server no more', async ({ person, browsers }) => {
  const { Server } = await import('../support/server.js');
  const server = await Server.start();
  try {
    const alice = await person('Alice', browsers.alice, server.url);
    const bob = await person('Bob', browsers.bob, server.url);
    await meetByLink(alice, bob);
    await server.stop();
    await agree(alice, bob);
    expect(await compare(alice, '7', bob, '7')).toEqual(['equal', 'equal']);
  } finally {
    await server.stop();
  }
});

test.describe('the data channel goes to the worker', () => {
  // Counts what the page hands to its worker, and can refuse it as a browser without transferable channels does.
  const spy = (refuse) => {
    window.channels = { handed: 0, refused: 0 };
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, transfer) {
      const list = Array.isArray(transfer) ? transfer : (transfer?.transfer ?? []);
      if (list.some((item) => item instanceof RTCDataChannel)) {
        if (refuse) {
          window.channels.refused += 1;
          throw new DOMException('An RTCDataChannel could not be cloned.', 'DataCloneError');
        }
        window.channels.handed += 1;
      }
      return post.apply(this, arguments);
    };
  };

  test('by transfer, where the browser can', async ({ alice, bob }) => {
    for (const party of [alice, bob]) await party.page.addInitScript(spy, false);
    await meetByLink(alice, bob);
    await agree(alice, bob);
    expect(await compare(alice, '2', bob, '1')).toEqual(['you', 'they']);
    for (const party of [alice, bob]) {
      expect(await party.page.evaluate(() => window.channels)).toEqual({ handed: 1, refused: 0 });
    }
  });

  test('through the page, where it cannot, also when only one of them cannot', async ({ alice, bob }) => {
    await alice.page.addInitScript(spy, true);
    await bob.page.addInitScript(spy, false);
    await meetByLink(alice, bob);
    await agree(alice, bob);
    expect(await compare(alice, '1', bob, '2')).toEqual(['they', 'you']);
    expect(await alice.page.evaluate(() => window.channels)).toEqual({ handed: 0, refused: 1 });
    expect(await bob.page.evaluate(() => window.channels)).toEqual({ handed: 1, refused: 0 });
  });
});
