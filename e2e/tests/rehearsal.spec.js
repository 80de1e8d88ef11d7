// One person plays both sides in one page, over a real peer connection, and looks at what crosses.

import { readFileSync } from 'node:fs';

import { expect, test } from '../support/fixtures.js';
import { Rehearsal } from '../support/rehearsal.js';

test('a newcomer follows a comparison message by message', async ({ person }) => {
  const alice = await person('Alice');
  await alice.page.addInitScript(() => {
    globalThis.longest = 0;
    const look = (list) => list.getEntries().forEach(({ duration }) => (globalThis.longest = Math.max(globalThis.longest, duration)));
    new PerformanceObserver(look).observe({ entryTypes: ['longtask'] });
  });
  const rehearsal = await Rehearsal.open(alice);
  await alice.page.evaluate(() => (globalThis.longest = 0));
  await rehearsal.compare('1,250.00', '980');
  expect(await rehearsal.outcome('alice')).toBe('you');
  expect(await rehearsal.outcome('bob')).toBe('they');

  // The comparison itself: eight rounds, a message each way, and what was declared is what was measured.
  await rehearsal.stage('comparing');
  expect(await rehearsal.count()).toBe(14);
  await rehearsal.stage('opening the answer');
  expect(await rehearsal.count()).toBe(2);
  await expect(alice.page.locator('[data-equal]')).toHaveAttribute('data-equal', 'true');
  await expect(alice.page.locator('[data-equal]')).toContainText('8 rounds');

  // Step, step, back; and what is opened is the answer: not less, not equal.
  await rehearsal.press('Step');
  await rehearsal.press('Step');
  const sees = rehearsal.side('alice').locator('.sees');
  await expect(sees).toContainText('Alice receives');
  await expect(sees.getByTestId('opened')).toHaveText('00');
  await expect(sees.locator('math').first()).toBeVisible();
  await rehearsal.press('Back');
  await expect(sees).toContainText('Alice sends');

  // Bob's side is closed until somebody opens it on purpose.
  await expect(rehearsal.side('bob').locator('.sees')).toHaveCount(0);
  await rehearsal.side('bob').getByRole('button', { name: 'Look over Bob’s shoulder' }).click();
  await expect(rehearsal.side('bob').locator('.sees')).toContainText('Bob receives');
  // Reported and not asserted: how long it takes says as much of the machine.
  const longest = await alice.page.evaluate(() => globalThis.longest);
  test.info().annotations.push({ type: 'longest task', description: `${longest} ms` });
});

test('the list is used by keyboard alone', async ({ person }) => {
  const alice = await person('Alice');
  const rehearsal = await Rehearsal.open(alice);
  await rehearsal.compare('5', '5');
  const list = rehearsal.list();
  await list.focus();
  await alice.page.keyboard.press('Home');
  await expect(rehearsal.side('alice').locator('.sees')).toContainText('Talk');
  await alice.page.keyboard.press('End');
  await alice.page.keyboard.press('ArrowUp');
  await expect(list.locator('[aria-selected="true"]')).toHaveCount(1);
  expect(await rehearsal.outcome('alice')).toBe('equal');
});

test('what is received stays flat, and another continent is far away', async ({ person }) => {
  const alice = await person('Alice');
  const rehearsal = await Rehearsal.open(alice);
  await rehearsal.compare('1', '2');
  const spread = rehearsal.side('alice').getByTestId('spread');
  await expect(spread).toContainText('As flat as chance makes it.');

  await rehearsal.choose('How far apart they are', 'Another continent · 75 ms · 50 Mbit/s');
  await rehearsal.again('900000', '2');
  expect(await rehearsal.outcome('alice')).toBe('you');
  await expect(spread).toContainText('As flat as chance makes it.');
  // Eight rounds, each 75 ms on the way. What else it takes is the machine's.
  await expect(alice.page.locator('.dominates')).toContainText('600 ms waiting for 8 rounds');
});

test('a run that is held goes on message by message, and in one go when it is let go', async ({ person }) => {
  const alice = await person('Alice');
  const rehearsal = await Rehearsal.open(alice);
  await rehearsal.agree();
  await rehearsal.hold(true);
  await rehearsal.putIn('7', '9');
  const before = await rehearsal.count();
  let passed = 0;
  while (await rehearsal.pass()) {
    passed += 1;
    expect(passed).toBeLessThan(100);
  }
  // Eight rounds, a message each way, and what the persons' programs say besides.
  expect(passed).toBeGreaterThanOrEqual(16);
  expect(await rehearsal.count()).toBeGreaterThan(before);
  await expect(rehearsal.side('alice').locator('.sees h2')).toBeVisible();
  expect(await rehearsal.outcome('alice')).toBe('they');
  await rehearsal.hold(false);

  // Once more: held in the middle, then let go.
  await rehearsal.agreeAgain();
  await rehearsal.hold(true);
  await rehearsal.putIn('9', '7');
  for (let message = 0; message < 6; message += 1) expect(await rehearsal.pass()).toBe(true);
  await rehearsal.hold(false);
  await rehearsal.at('result');
  expect(await rehearsal.outcome('alice')).toBe('you');
});

test('a picture goes through the model of the other side, and the lens shows every layer', async ({ person }) => {
  const alice = await person('Alice');
  const rehearsal = await Rehearsal.open(alice);
  await rehearsal.choose('What to find out', 'Private picture check');
  await rehearsal.check();
  expect(await rehearsal.outcome('alice')).toBe('1');
  expect(await rehearsal.outcome('bob')).toBe('nothing');
  await rehearsal.stage('through the layers');
  expect(await rehearsal.count()).toBeGreaterThan(20);

  await rehearsal.look();
  const says = alice.byTestId('lens-says');
  await expect(says).toHaveAttribute('data-agree', 'true');
  await expect(says).toContainText('Encrypted: 1.');
  // Without any bits behind the point it cannot be run any more, and it says which layer stands in the way.
  await alice.page.getByRole('slider').fill('0');
  await expect(alice.byTestId('lens-broke')).toContainText('So it cannot be run: ');
});

test('a transcript is saved, opened and replayed as it was; a changed one is refused', async ({ person }, info) => {
  const alice = await person('Alice');
  const rehearsal = await Rehearsal.open(alice);
  await rehearsal.compare('48271903', '48271902');
  const all = await rehearsal.count();
  await rehearsal.stage('comparing');
  await rehearsal.press('Step');
  await rehearsal.press('Step');
  const seen = await rehearsal.side('alice').locator('.sees').innerText();

  await rehearsal.side('alice').getByRole('button', { name: 'Save the transcript' }).click();
  const [download] = await Promise.all([
    alice.page.waitForEvent('download'),
    alice.page.getByRole('button', { name: 'Save', exact: true }).click(),
  ]);
  const path = info.outputPath('transcript.json');
  await download.saveAs(path);
  const text = readFileSync(path, 'utf8');
  const { format, version, content } = JSON.parse(text);
  expect([format, version, content.seat, content.input]).toEqual(['tacit-transcript', 2, 'alice', null]);
  // Long enough to be in no message by chance.
  expect(text).not.toContain('48271903');

  // In another browser context, without a peer.
  const bob = await person('Bob');
  await bob.open();
  await bob.follow('Open a transcript');
  const file = bob.page.getByLabel('Transcript');
  await file.setInputFiles(path);
  await expect(bob.byTestId('about')).toContainText('Alice had more.');
  const list = bob.page.locator('.wire-list');
  await expect(list).toHaveAttribute('data-count', String(all));
  await bob.press('comparing');
  await bob.press('Step');
  await bob.press('Step');
  expect(await bob.page.locator('.sees').innerText()).toBe(seen);

  const changed = text.replace('"direction":"sent"', '"direction":"received"');
  await file.setInputFiles({ name: 'changed.json', mimeType: 'application/json', buffer: Buffer.from(changed) });
  await expect(bob.page.getByRole('alert')).toContainText('was changed after it was written');
  await file.setInputFiles({ name: 'other.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
  await expect(bob.page.getByRole('alert')).toContainText('not a transcript');
});

test('a browser without peer connections is told why nothing can be rehearsed', async ({ person }) => {
  const alice = await person('Alice');
  await alice.page.addInitScript(() => delete globalThis.RTCPeerConnection);
  const rehearsal = await Rehearsal.open(alice);
  await rehearsal.at('failure');
  for (const name of ['alice', 'bob']) {
    await expect(rehearsal.side(name)).toContainText('Tacit needs WebRTC');
    await expect(rehearsal.side(name)).toContainText('there is no RTCPeerConnection');
    await expect(rehearsal.side(name)).not.toContainText('Start over');
  }
});
