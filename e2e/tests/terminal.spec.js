// A page and a terminal are two parties like any others.

import { writeFile } from 'node:fs/promises';

import { model } from '../support/environment.js';
import { expect, test } from '../support/fixtures.js';
import { png } from '../support/pictures.js';

test('a page invites, a terminal comes by link: each learns who is richer', async ({ alice, terminal }) => {
  const { link } = await alice.invite();
  const tacit = terminal(['compare', link, '--amount', '980', '--yes']);
  await alice.at('agree');
  await alice.accept();
  await alice.at('amount');
  await alice.compare('1,250.00');
  expect(await alice.answer()).toBe('you');
  expect(await tacit.line()).toBe('They have more.');
  expect(await tacit.ended()).toBe(0);
  await alice.keepsTheAnswer('peer-cancelled');
});

test('a terminal invites, a page types the code: both confirm the words', async ({ bob, server, terminal }) => {
  // Without --yes it asks: for the words, and whether to accept.
  const args = ['compare', '--amount', '3', '--json', '--server', server.url];
  const tacit = terminal(args, 'y\ny\n');
  const { code } = await tacit.event(({ event }) => event === 'invited');
  await bob.join(code);
  await bob.at('meet');
  const { words, confirm } = await tacit.event(({ event }) => event === 'words');
  expect(confirm).toBe(true);
  expect((await bob.words()).match(/[a-z]+/g)).toEqual(words);
  await bob.press('They are the same');
  await bob.at('agree');
  await bob.accept();
  await bob.at('amount');
  await bob.compare('4');
  expect(await bob.answer()).toBe('you');
  const { event } = await tacit.told('finished');
  expect(event.outcome.answer).toEqual({ order: 'they' });
  expect(await tacit.ended()).toBe(0);
});

test('a page has the model, a terminal the picture', async ({ alice, terminal }, info) => {
  test.setTimeout(120_000);
  const { link } = await alice.startCheck('model');
  const file = info.outputPath('one.png');
  // A bar, dark on light, as somebody would write a one.
  await writeFile(file, png(60, 60, (x, y) => (x >= 27 && x < 33 && y >= 8 && y < 52 ? 0 : 255)));
  const tacit = terminal(['check', file, link, '--yes']);
  await alice.at('model');
  await alice.chooseModel('digits');
  await alice.accept();
  expect(await tacit.line()).toBe('1');
  expect(await tacit.ended()).toBe(0);
  await alice.keepsTheAnswer('peer-cancelled');
});

test('a terminal serves a model, pages come by one link, again and again', async ({ person, browsers, server, terminal }) => {
  test.setTimeout(120_000);
  const tacit = terminal(['serve', model('digits'), '--server', server.url]);
  const link = await tacit.line();
  for (const name of ['Bob', 'Carol']) {
    const guest = await person(name, browsers.bob);
    await guest.open(link);
    await guest.at('agree');
    await guest.accept();
    await guest.at('picture');
    await guest.draw([[[0.5, 0.15], [0.5, 0.85]]]);
    await guest.check();
    expect(await guest.answer()).toBe('1');
    await guest.press('Leave');
    await guest.at('home');
  }
  expect(await tacit.stop()).toBe(0);
  // Who came stands in the log as a number, and what they brought not at all.
  expect(tacit.said).toMatch(/client=1\b.*answered/s);
  expect(tacit.said).toMatch(/client=2\b.*answered/s);
  expect(tacit.said).not.toMatch(/127\.0\.0\.1|\bone\b/);
});

test('a busy house lets one in at a time', async ({ person, browsers, server, terminal }) => {
  test.setTimeout(120_000);
  const args = ['serve', model('digits'), '--server', server.url, '--max-clients', '1'];
  const tacit = terminal(args);
  const link = await tacit.line();
  const bob = await person('Bob', browsers.bob);
  await bob.open(link);
  await bob.at('agree');
  const carol = await person('Carol', browsers.alice);
  await carol.open(link);
  await expect(carol.screen('meet').getByRole('heading', { level: 1 })).toHaveText('Waiting for a place');
  await bob.page.close();
  await carol.at('agree');
  expect(await tacit.stop()).toBe(0);
  await carol.failed('peer-cancelled');
});

test('an invite that is none, and a server that is not there, are told apart', async ({ server, terminal }) => {
  const none = terminal(['compare', 'nonsense', '--amount', '1', '--yes']);
  expect(await none.ended()).toBe(5);
  expect(none.said).toMatch(/error: This is not a complete invite\..*\n.*help: /s);
  const nobody = terminal(['compare', '--amount', '1', '--yes', '--server', 'http://127.0.0.1:9']);
  expect(await nobody.ended()).toBe(3);
  const amount = terminal(['compare', '--amount', 'much', '--yes', '--server', server.url]);
  expect(await amount.ended()).toBe(2);
  expect(amount.said).not.toMatch(/much/);
});
