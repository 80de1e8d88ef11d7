// The server introduces the two and is trusted with nothing: it cannot read, and what it changes is noticed.

import { agree, compare, expect, test as base } from '../support/fixtures.js';
import { altering, Proxy } from '../support/proxy.js';

const test = base.extend({
  /** Alice and Bob behind a server in the middle that meddles with what it relays. */
  behind: async ({ server, person, browsers }, use) => {
    const proxies = [];
    await use(async (meddle) => {
      const proxy = await Proxy.start(server, meddle);
      proxies.push(proxy);
      const alice = await person('Alice', browsers.alice, proxy.url);
      const bob = await person('Bob', browsers.bob, proxy.url);
      return { proxy, alice, bob };
    });
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  },
});

test('by link: the secret and the descriptions of the connection never pass in the clear', async ({ behind }) => {
  const { alice, bob, proxy } = await behind();
  const { link } = await alice.invite();
  await bob.open(link);
  await agree(alice, bob);
  await compare(alice, '1', bob, '2');
  const secret = link.split('#')[1];
  // The fragment may carry the room's number, which the server knows; its longest part is the secret.
  const [longest] = secret.split(/[^A-Za-z0-9_-]/).sort((a, b) => b.length - a.length);
  expect(longest.length, '128 bits take 22 characters').toBeGreaterThanOrEqual(22);
  expectSealed(proxy, [secret, longest, longest.slice(-16)]);
});

test('by code: nor do the words of the code, nor those that are compared', async ({ behind }) => {
  const { alice, bob, proxy } = await behind();
  const { code } = await alice.invite();
  await bob.join(code);
  await Promise.all([alice.at('meet'), bob.at('meet')]);
  const shown = (await alice.words()).split(' ');
  for (const party of [alice, bob]) await party.press('They are the same');
  await agree(alice, bob);
  const spoken = code.split('-').slice(1);
  expectSealed(proxy, [spoken, shown].flatMap((words) => ['-', ' ', ''].map((between) => words.join(between))));
});

// Each relayed message of a meeting, changed in one character. While the two prove to each other that they hold the same
// secret, an altered proof looks like one of another secret; from then on it can only be alteration.
const noticedAs = [
  ['relay-altered', 'code-wrong'],
  ['relay-altered', 'code-wrong'],
  ['relay-altered', 'code-wrong'],
  ['relay-altered'],
  ['relay-altered'],
  ['relay-altered'],
];
for (const [number, codes] of noticedAs.entries()) {
  test(`relayed message ${number} altered, by link: both stop and say why`, async ({ behind }) => {
    const { alice, bob } = await behind(altering(number));
    const { link } = await alice.invite();
    await bob.open(link);
    await noticed(alice, bob, codes);
  });

  test(`relayed message ${number} altered, by code: both stop and say why`, async ({ behind }) => {
    const { alice, bob } = await behind(altering(number));
    const { code } = await alice.invite();
    await bob.join(code);
    await noticed(alice, bob, codes);
  });
}

test('a message that is sent back to its sender is not taken for the other person’s', async ({ behind }) => {
  const { alice, bob } = await behind((frame, at) => {
    if (at.relay !== 0) return frame;
    at.answer(frame);
    return null;
  });
  const { link } = await alice.invite();
  await bob.open(link);
  await noticed(alice, bob, ['relay-altered', 'code-wrong']);
});

test('a message that is passed on twice is noticed', async ({ behind }) => {
  const { alice, bob } = await behind((frame, at) => {
    if (at.relay === 0) at.toServer(frame);
    return frame;
  });
  const { link } = await alice.invite();
  await bob.open(link);
  await noticed(alice, bob, ['relay-altered', 'code-wrong']);
});

/** Both end, and at least one of them names the reason. */
async function noticed(alice, bob, codes) {
  await Promise.all([alice.at('failure'), bob.at('failure')]);
  const shown = await Promise.all([alice, bob].map((party) => party.screen('failure').getAttribute('data-failure')));
  expect(shown.some((code) => codes.includes(code)), `one of ${shown} is ${codes.join(' or ')}`).toBe(true);
}

/** Neither `secrets` nor anything of a session description is in what passed, nor inside the relayed base64. */
function expectSealed(proxy, secrets) {
  expect(proxy.bodies.length, 'something was relayed').toBeGreaterThanOrEqual(2);
  const opened = proxy.bodies.map((body) => Buffer.from(body, 'base64url').toString('latin1')).join('\n');
  const descriptions = ['v=0\r\n', 'v=0\\r\\n', 'a=fingerprint', 'fingerprint:', 'candidate:', 'ice-ufrag', 'ice-pwd'];
  for (const clear of [...descriptions, ...secrets]) {
    for (const text of [proxy.text(), opened]) expect(text.includes(clear), clear).toBe(false);
  }
}
