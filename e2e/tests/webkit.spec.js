// The third engine, WebKit, as WebKitGTK has it: without peer connections. What needs none works there to its end, and what needs
// one is refused in words.

import { expect, test as base } from '../support/fixtures.js';
import { model } from '../support/environment.js';
import { openLesson } from '../support/lessons.js';
import { WebKit, WebKitParty, withoutWebKit } from '../support/webkit.js';

const test = base.extend({
  /** A browser process; one per worker. */
  webkit: [
    async ({}, use) => {
      const webkit = await WebKit.launch();
      await use(webkit);
      await webkit.close();
    },
    { scope: 'worker' },
  ],

  /** A person in WebKit, at the worker's server. */
  kit: async ({ webkit, server }, use) => use(new WebKitParty('Kit', webkit, server.url)),
});

// Whoever reads the names of the tests sees why these did not run.
test.skip(Boolean(withoutWebKit), withoutWebKit);
test.describe.configure({ timeout: 180_000 });

test(`WebKit shows the first page, and how it works${withoutWebKit}`, async ({ kit }) => {
  await kit.open();
  await kit.at('home');
  expect(await kit.text('main h1')).toMatch(/Find out together/);
  expect(await kit.run(() => typeof RTCPeerConnection), 'this WebKit has no peer connections').toBe('undefined');
  await kit.press('I have a code');
  await kit.at('join');
});

for (const [lesson, answer] of [['shares', '36'], ['multiply', '42']]) {
  test(`in WebKit one program plays both sides of ${lesson}, to the end${withoutWebKit}`, async ({ kit }) => {
    await openLesson(kit, lesson);
    await kit.walk();
    expect(await kit.text('[data-testid=answer]')).toBe(answer);
    expect(await kit.attribute('[data-testid=parties]', 'data-how')).toBe('together');
    const { all, empty } = await kit.formulas();
    expect(all).toBeGreaterThan(0);
    expect(empty, 'formulas that take no room').toBe(0);
  });
}

test(`WebKit says that it cannot connect, before anybody is invited${withoutWebKit}`, async ({ kit }) => {
  await kit.open();
  await kit.press('Start, and invite someone');
  await kit.failed('browser-unsupported');
});

test(`WebKit refuses a terminal’s link without spending it: another browser still comes by it${withoutWebKit}`, async ({ kit, bob, server, terminal }) => {
  const tacit = terminal(['compare', '--amount', '3', '--yes', '--json', '--server', server.url]);
  const { link } = await tacit.event(({ event }) => event === 'invited');
  await kit.open(link);
  await kit.failed('browser-unsupported');
  await bob.open(link);
  await bob.at('agree');
});

test(`WebKit refuses the link of a terminal that serves a model${withoutWebKit}`, async ({ kit, server, terminal }) => {
  const tacit = terminal(['serve', model('digits'), '--server', server.url]);
  await kit.open(await tacit.line());
  await kit.failed('browser-unsupported');
  expect(await tacit.stop()).toBe(0);
});
