// Two browsers that connect through the server's own relay, because one of them insists on it.

import { agree, compare, expect, test as base } from '../support/fixtures.js';
import { Server } from '../support/server.js';

const test = base.extend({
  /** A server that relays. */
  relaying: async ({}, use) => {
    const server = await Server.start('--turn', '127.0.0.1:0');
    await use(server);
    await server.stop();
  },
});

/** Alice says a link, and each of them opens the page with what `query` says. */
async function meet(alice, bob, [hers, his]) {
  alice.query = hers;
  const { link } = await alice.invite();
  const url = new URL(link);
  url.search = his;
  await bob.open(url.href);
  await Promise.all([alice.at('agree'), bob.at('agree')]);
}

const badge = (party) => expect(party.byTestId('badge'));
const RELAYED = /relayed\b.*\d+(\.\d+)?\s*ms/i;

for (const [who, queries] of [
  ['both insist', ['?path=relayed', '?path=relayed']],
  ['the host insists', ['?path=relayed', '']],
  ['the guest insists', ['', '?path=relayed']],
]) {
  test(`where ${who} on it, they are relayed, and compare as ever`, async ({ person, browsers, relaying }) => {
    const alice = await person('Alice', browsers.alice, relaying.url);
    const bob = await person('Bob', browsers.bob, relaying.url);
    await meet(alice, bob, queries);
    for (const party of [alice, bob]) await badge(party).toHaveText(RELAYED);
    await agree(alice, bob);
    expect(await compare(alice, '1250', bob, '980')).toEqual(['you', 'they']);
  });
}

test('where a direct way is open, nobody is relayed', async ({ person, browsers, relaying }) => {
  const alice = await person('Alice', browsers.alice, relaying.url);
  const bob = await person('Bob', browsers.bob, relaying.url);
  await meet(alice, bob, ['', '']);
  for (const party of [alice, bob]) await badge(party).toHaveText(/direct\b.*\d+(\.\d+)?\s*ms/i);
});

test('who insists where there is no relay is told that there is no way', async ({ alice, bob }) => {
  alice.query = '?path=relayed';
  // The page tries for thirty seconds.
  await alice.injectDeadline(30_000, 5_000);
  const { link } = await alice.invite();
  await bob.open(link);
  await alice.failed('connection-failed', { timeout: 90_000 });
});
