// The lessons: every one to its end, by keyboard alone, with the numbers that it promises.

import { readFile } from 'node:fs/promises';

import { expect, test } from '../support/fixtures.js';
import { crossed, lessons, openLesson, tabTo, walk } from '../support/lessons.js';

const answer = (bench) => bench.getByTestId('answer');
const key = (party, name) => party.page.keyboard.press(name);

test('home to every lesson and on, by keyboard', async ({ alice }) => {
  await openLesson(alice);
  await tabTo(alice, alice.page.getByRole('link', { name: /Two halves of a number/ }));
  await key(alice, 'Enter');
  for (const lesson of lessons) {
    await alice.at(lesson);
    if (lesson === lessons.at(-1)) break;
    await tabTo(alice, alice.page.locator('a[rel=next]'));
    await key(alice, 'Enter');
  }
  await tabTo(alice, alice.page.locator('a[rel=prev]'));
  await tabTo(alice, alice.page.getByRole('link', { name: 'All lessons' }));
  await key(alice, 'Enter');
  await alice.at('lessons');
});

test('without the last slash it is the same page', async ({ alice }) => {
  await alice.open('/learn#shamir');
  await alice.at('shamir');
});

test('shares: 12 is 5 and 7, three times it is 36; 5 is 7 and 8 on a clock', async ({ alice }) => {
  await openLesson(alice, 'shares');
  const bench = await walk(alice, 'Twelve, times three');
  await expect(answer(bench)).toHaveText('36');
  expect(await crossed(bench)).toEqual(['Alice 7', 'Alice 15', 'Bob 21']);
  await expect(bench.getByRole('status')).toHaveText(/Alice sent Bob .*15.*Bob sent Alice .*21.*36/);
  // Back and forth by the arrow keys.
  await key(alice, 'ArrowLeft');
  await expect(answer(bench)).toHaveCount(0);
  await key(alice, 'ArrowRight');
  await expect(answer(bench)).toHaveText('36');

  const sum = alice.byTestId('clock-sum').getByRole('math');
  await expect(sum).toHaveAttribute('aria-label', '7 plus 8 equals 15 equals 5 modulo 10');
  const hers = alice.page.getByRole('button', { name: 'Alice’s share: 7' });
  await tabTo(alice, hers);
  await key(alice, 'Enter');
  await expect(alice.byTestId('overlap')).toHaveText('5');
  await key(alice, 'Enter');
  await expect(alice.byTestId('overlap')).toHaveText('');
  for (let press = 0; press < 6; press += 1) await key(alice, 'ArrowRight');
  await tabTo(alice, alice.page.getByRole('button', { name: 'Bob’s share: 8' }));
  for (let press = 0; press < 6; press += 1) await key(alice, 'ArrowLeft');
  await expect(alice.byTestId('overlap')).toHaveText('5');
  await tabTo(alice, alice.button('New halves'));
  await key(alice, 'Enter');
  await expect(sum).not.toHaveAttribute('aria-label', /^7 plus 8 /);
  await expect(sum).toHaveAttribute('aria-label', /5(?: modulo 10)$/);

  await tabTo(alice, alice.page.getByRole('slider', { name: 'Alice’s number' }));
  await key(alice, 'End');
  const flat = alice.page.getByRole('img', { name: /^Bob’s half on a clock: 2,000 draws in 10 bins/ });
  await expect(flat).toHaveAccessibleName(/As flat as chance makes it\.$/);
  await expect(alice.page.getByRole('img', { name: /^Bob’s half as a plain number/ })).toHaveAccessibleName(/Not flat\.$/);
});

test('multiply: 6 times 7 is 42, and a triple used twice shows 4', async ({ alice }) => {
  await openLesson(alice, 'multiply');
  const bench = await walk(alice, 'Six times seven');
  await expect(answer(bench)).toHaveText('42');
  expect(await crossed(bench)).toEqual(['Alice 11, 37', 'Bob 83, 61', 'Alice 44', 'Bob 98']);
  for (const input of [6, 10]) {
    const drawn = alice.page.getByRole('img', { name: new RegExp(`^d for the input ${input}: `) });
    await expect(drawn).toHaveAccessibleName(/As flat as chance makes it\.$/);
  }
  await tabTo(alice, alice.button('Reuse the triple'));
  await key(alice, 'Enter');
  const leak = alice.byTestId('reuse').getByRole('math').last();
  await expect(leak).toHaveAttribute('aria-label', 'd′ minus d equals 98 minus 94 equals 4 equals 10 minus 6');
});

test('Paillier: 718 and 674 are 57, and a real key does it with 2048 bits', async ({ alice }) => {
  test.setTimeout(240_000);
  await openLesson(alice, 'paillier');
  const bench = await walk(alice, 'Five and five');
  await expect(answer(bench)).toHaveText('10');
  expect(await crossed(bench)).toEqual(['Alice 35, 36', 'Alice 718', 'Bob 57', 'Bob 1024']);
  await expect(bench.getByRole('region', { name: 'Bob sees' })).toContainText('674');
  await tabTo(alice, alice.button('Make a real key'));
  await key(alice, 'Enter');
  const real = alice.byTestId('real');
  await expect(real).toHaveAttribute('data-state', 'done', { timeout: 200_000 });
  const read = (what) => real.getByRole('row', { name: new RegExp(`^${what} `) });
  await expect(read('the sum, decrypted')).toContainText('= 2,230');
  await expect(read('the multiple, decrypted')).toContainText('= 3,750');
  await expect(read('the price, decrypted')).toContainText('= 305.5');
  await expect(read('its price, computed unseen')).toContainText('Bob');
  await expect(read('the price, decrypted')).toContainText('Alice');
  await expect(read('1,250, encrypted')).toContainText('512 B');
});

test('Shamir: any two of 80, 95, 110 and 125 give 65', async ({ alice }) => {
  await openLesson(alice, 'shamir');
  const bench = await walk(alice, 'Two of four');
  await expect(answer(bench)).toHaveText('65');
  expect(await crossed(bench)).toEqual(['Alice (1, 80)', 'Bob (2, 95)']);
  const verdict = alice.byTestId('shamir');
  await expect(verdict).toHaveText('1 share of 2 that are needed: every secret is still possible.');
  for (const name of ['(2, 95)', '(3, 110)', '(4, 125)']) {
    const other = alice.page.getByRole('checkbox', { name, exact: true });
    await tabTo(alice, other);
    await key(alice, 'Space');
    await expect(verdict).toHaveText('2 shares of at least 2: the secret is 65.');
    await key(alice, 'Space');
    await expect(verdict).toContainText('still possible');
  }
  await tabTo(alice, alice.page.getByRole('slider', { name: /^K, / }));
  await key(alice, 'ArrowRight');
  await expect(verdict).toHaveText('1 share of 3 that are needed: every secret is still possible.');
  await expect(alice.page.getByRole('img', { name: '21 of 127 secrets are possible, all odd' })).toBeVisible();
  await expect(alice.page.getByRole('img', { name: 'All 127 secrets are possible' })).toBeVisible();
});

test('oblivious transfer: Bob reads the letter that he wants', async ({ alice }) => {
  await openLesson(alice, 'transfer');
  await expect(answer(await walk(alice, 'One of two letters'))).toHaveText('B');
  await tabTo(alice, alice.choice('the right letter'));
  await key(alice, 'ArrowUp');
  await expect(answer(await walk(alice, 'One of two letters'))).toHaveText('A');
});

test('who is richer: one bit, four bits, the tree', async ({ alice }) => {
  await openLesson(alice, 'richer');
  await expect(alice.page.locator('.truth tbody tr')).toHaveCount(4);
  const rows = await alice.page.locator('.truth tbody tr').allInnerTexts();
  expect(rows.map((row) => row.split(/\s+/).join(' '))).toEqual(['0 0 no yes', '0 1 yes no', '1 0 no no', '1 1 no yes']);
  const bench = await walk(alice, 'Eleven and thirteen');
  await expect(answer(bench)).toHaveText('Bob');
  const sent = await crossed(bench);
  expect(sent.map((packet) => packet.length)).toEqual([10, 8, 12, 10, 9, 7, 8, 6]);
  const [hers, his] = sent.slice(-2).map((packet) => parseInt(packet.split(' ')[1], 2));
  // The lower bit is “less”, the upper one “equal”.
  expect(hers ^ his).toBe(0b01);
  const verdict = alice.byTestId('richer');
  await expect(verdict).toHaveText('G is 1: 11 is less than 13.');
  await tabTo(alice, alice.page.getByRole('slider', { name: 'Alice has' }));
  await key(alice, 'ArrowRight');
  await key(alice, 'ArrowRight');
  await expect(verdict).toHaveText('P is 1: 13 and 13 are equal.');
});

test('what the answer gives away: 620 in ten answers at most', async ({ alice }) => {
  await openLesson(alice, 'answers');
  const search = alice.byTestId('search');
  await tabTo(alice, alice.button('Ask once more'));
  let asked = 0;
  while ((await search.getAttribute('data-over')) === 'false') {
    await key(alice, 'Enter');
    asked += 1;
    await expect(search).toContainText(asked === 1 ? '1 answer' : `${asked} answers`);
  }
  expect(asked).toBeLessThanOrEqual(10);
  await expect(search.getByRole('status').first()).toHaveText(`After ${asked} answers Alice knows it: 620.`);
  const sum = alice.byTestId('sum');
  await expect(sum).toHaveText('The sum is 100. Only one number is left: 40.');
  await tabTo(alice, alice.page.getByRole('slider', { name: 'People' }));
  await key(alice, 'End');
  await expect(sum).toHaveText('The sum is 250. 101 of 101 numbers are left.');
});

test('break it: damage is noticed, lies are not', async ({ alice }) => {
  await openLesson(alice, 'break');
  const verdict = alice.byTestId('verdict');
  await expect(verdict).toHaveText('nothing to notice');
  await tabTo(alice, alice.choice('Nothing'));
  for (const [name, wanted] of [
    ['Flip a bit', 'noticed'],
    ['Send too little', 'noticed'],
    ['Send it twice', 'noticed'],
    ['Cheat, to read Bob’s secret', 'noticed'],
    ['Lie about the input', 'not noticed'],
    ['Bend the opening', 'not noticed'],
  ]) {
    await key(alice, 'ArrowDown');
    await expect(alice.choice(name)).toBeChecked();
    await expect(verdict).toHaveText(wanted);
  }
  await expect(alice.page.locator('.break-came')).toContainText('Bob reads 43.');
});

/** Keeps a list of the peer connections that the page makes and of the workers that it starts and ends. */
const watch = (party) =>
  party.page.addInitScript(() => {
    window.connections = [];
    window.workers = [];
    const { RTCPeerConnection, Worker } = window;
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...given) {
        super(...given);
        window.connections.push(this);
      }
    };
    window.Worker = class extends Worker {
      constructor(script, options) {
        super(script, options);
        this.entry = { name: options.name, ended: false };
        window.workers.push(this.entry);
      }

      terminate() {
        this.entry.ended = true;
        super.terminate();
      }
    };
  });

const workers = (party) => party.page.evaluate(() => window.workers.map(({ name, ended }) => `${name}${ended ? ', ended' : ''}`));
const connections = (party) =>
  party.page.evaluate(() => window.connections.map((connection) => connection.connectionState).filter((state) => state !== 'closed'));

/** How many bytes have crossed the data channels of each open connection. */
const sent = (party) =>
  party.page.evaluate(async () => {
    const open = window.connections.filter((connection) => connection.connectionState === 'connected');
    const reports = await Promise.all(open.map((connection) => connection.getStats()));
    const channels = (report) => [...report.values()].filter((entry) => entry.type === 'data-channel');
    return reports.map((report) => channels(report).reduce((sum, channel) => sum + channel.bytesSent, 0));
  });

test('Alice and Bob are two workers, and what crosses crosses a peer connection', async ({ alice }) => {
  await watch(alice);
  await openLesson(alice);
  const parties = alice.byTestId('parties');
  await expect(parties).toHaveAttribute('data-how', 'away');
  expect(await workers(alice)).toEqual([]);
  await openLesson(alice, 'transfer');
  await expect(answer(await walk(alice, 'One of two letters'))).toHaveText('B');
  await expect(parties).toHaveAttribute('data-how', 'apart');
  await expect(parties).toContainText('two programs in this page, with a real connection between them and no server');
  expect(await workers(alice)).toEqual(['Alice', 'Bob']);
  expect(await connections(alice)).toEqual(['connected', 'connected']);
  const before = await sent(alice);
  // A point and 128 points from either side; the second transfer takes the same connection.
  const transfer = 32 + 128 * 32;
  expect(before.filter((bytes) => bytes > transfer)).toHaveLength(2);
  await tabTo(alice, alice.choice('the right letter'));
  await key(alice, 'ArrowUp');
  await expect(answer(await walk(alice, 'One of two letters'))).toHaveText('A');
  const after = await sent(alice);
  expect(after.filter((bytes, at) => bytes - before[at] > transfer)).toHaveLength(2);
  expect(await alice.page.evaluate(() => window.connections.length), 'made in all').toBe(2);
  // Nothing crosses while nothing is played.
  expect(await sent(alice)).toEqual(after);
  expect(await workers(alice)).toEqual(['Alice', 'Bob']);
});

test('a connection on which something went wrong serves no other run', async ({ alice }) => {
  await watch(alice);
  await openLesson(alice, 'break');
  await expect(alice.byTestId('verdict')).toHaveText('nothing to notice');
  expect(await alice.page.evaluate(() => window.connections.length)).toBe(2);
  await tabTo(alice, alice.choice('Nothing'));
  await key(alice, 'ArrowDown');
  await expect(alice.byTestId('verdict')).toHaveText('noticed');
  await expect.poll(() => connections(alice)).toEqual([]);
  await openLesson(alice, 'shares');
  await expect(answer(await walk(alice, 'Twelve, times three'))).toHaveText('36');
  expect(await connections(alice)).toEqual(['connected', 'connected']);
  expect(await workers(alice)).toEqual(['Alice', 'Bob']);
});

test('a lost connection is made anew, and nobody notices', async ({ alice }) => {
  await watch(alice);
  await openLesson(alice, 'transfer');
  await expect(answer(await walk(alice, 'One of two letters'))).toHaveText('B');
  await alice.page.evaluate(() => window.connections.forEach((connection) => connection.close()));
  await tabTo(alice, alice.choice('the right letter'));
  await key(alice, 'ArrowUp');
  await expect(answer(await walk(alice, 'One of two letters'))).toHaveText('A');
  await expect(alice.byTestId('parties')).toHaveAttribute('data-how', 'apart');
  expect(await connections(alice)).toEqual(['connected', 'connected']);
});

test('whoever leaves a key that is being made does not wait for it', async ({ alice }) => {
  await watch(alice);
  await openLesson(alice, 'paillier');
  await walk(alice, 'Five and five');
  await tabTo(alice, alice.button('Make a real key'));
  // In one go, before a key can be there.
  await alice.page.evaluate(() => {
    [...document.querySelectorAll('button')].find((button) => button.textContent === 'Make a real key').click();
    window.location.hash = '#shamir';
  });
  await alice.at('shamir');
  await expect(answer(await walk(alice, 'Two of four'))).toHaveText('65');
  expect(await workers(alice)).toEqual(['Alice, ended', 'Bob, ended', 'Alice', 'Bob']);
});

for (const [what, missing, state] of [
  ['peer connections', 'RTCPeerConnection', 'done'],
  ['workers', 'Worker', 'refused'],
]) {
  test(`without ${what} both run in one program, and the page says so`, async ({ alice }) => {
    test.setTimeout(240_000);
    await alice.page.addInitScript((name) => delete window[name], missing);
    await openLesson(alice, 'shares');
    const bench = await walk(alice, 'Twelve, times three');
    await expect(answer(bench)).toHaveText('36');
    expect(await crossed(bench)).toEqual(['Alice 7', 'Alice 15', 'Bob 21']);
    const parties = alice.byTestId('parties');
    await expect(parties).toHaveAttribute('data-how', 'together');
    await expect(parties).toContainText('This browser connects no page to itself: Alice and Bob both ran in one program.');
    await openLesson(alice, 'break');
    await tabTo(alice, alice.choice('Nothing'));
    await key(alice, 'ArrowDown');
    await expect(alice.byTestId('verdict')).toHaveText('noticed');
    await openLesson(alice, 'paillier');
    await expect(answer(await walk(alice, 'Five and five'))).toHaveText('10');
    await tabTo(alice, alice.button('Make a real key'));
    await key(alice, 'Enter');
    await expect(alice.byTestId('real')).toHaveAttribute('data-state', state, { timeout: 200_000 });
  });
}

test('a browser that connects nothing plays in one program, too', async ({ person, walled }) => {
  const alice = await person('Alice', walled);
  await openLesson(alice, 'multiply');
  await expect(alice.page.getByText('Connecting Alice and Bob')).toBeVisible();
  await expect(answer(await walk(alice, 'Six times seven'))).toHaveText('42');
  await expect(alice.byTestId('parties')).toHaveAttribute('data-how', 'together');
});

test('a figure is saved as SVG and as PNG', async ({ alice }) => {
  await openLesson(alice, 'shamir');
  const figure = alice.page.locator('figure').first();
  const save = async (name) => {
    const coming = alice.page.waitForEvent('download');
    await tabTo(alice, figure.getByRole('button', { name }));
    await key(alice, 'Enter');
    const file = await coming;
    return [file.suggestedFilename(), await readFile(await file.path())];
  };
  const [svgName, svg] = await save('Save as SVG');
  expect(svgName).toBe('shamir.svg');
  const text = svg.toString();
  expect(text).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(text).toContain('fill="rgb(255, 79, 56)"');
  expect(text).not.toMatch(/class=|var\(/);
  const [pngName, png] = await save('Save as PNG');
  expect(pngName).toBe('shamir.png');
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  expect(png.readUInt32BE(16)).toBe(1920);
});

test('the teacher’s note is folded away on the screen and whole on paper', async ({ alice }) => {
  for (const lesson of lessons) {
    await openLesson(alice, lesson);
    const aim = alice.page.locator('.note-body');
    await expect(aim).toBeHidden();
    await alice.page.emulateMedia({ media: 'print' });
    await expect(aim).toBeVisible();
    await alice.page.emulateMedia({ media: 'screen' });
    await tabTo(alice, alice.button('Teacher’s note'));
    await key(alice, 'Enter');
    await expect(aim).toBeVisible();
  }
});

test.describe('on a phone', () => {
  test.use({ look: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 } });

  test('every lesson fits, and fingers can hit it', async ({ alice }) => {
    for (const lesson of [undefined, ...lessons]) {
      await openLesson(alice, lesson);
      const { wide, small } = await alice.page.evaluate(() => ({
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        small: [...document.querySelectorAll('main button')]
          .filter((button) => button.checkVisibility() && button.getBoundingClientRect().height < 40)
          .map((button) => button.textContent),
      }));
      expect(wide, `${lesson} scrolls sideways`).toBeLessThanOrEqual(0);
      expect(small, 'buttons too low for a finger').toEqual([]);
    }
  });
});

test.describe('with reduced motion', () => {
  test.use({ look: { reducedMotion: 'reduce' } });

  test('nothing moves for longer than a blink', async ({ alice }) => {
    await openLesson(alice, 'shares');
    await walk(alice, 'Twelve, times three');
    const moving = await alice.page.evaluate(() =>
      document.getAnimations().filter((animation) => animation.effect.getComputedTiming().endTime > 200).length,
    );
    expect(moving).toBe(0);
  });
});
