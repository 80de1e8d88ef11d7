// Ideal and real, by keyboard alone.

import { expect, test } from '../support/fixtures.js';
import { openLesson, tabTo } from '../support/lessons.js';

const key = (party, name) => party.page.keyboard.press(name);
const group = (party, name) => party.page.getByRole('group', { name, exact: true });
const sees = (party, name) => party.page.getByRole('region', { name: `${name} sees`, exact: true });
const bits = (messages) => messages.locator('.bits').allInnerTexts();

/** Chooses one of a group's radio buttons by the arrow keys. */
async function choose(party, set, from, to) {
  const radio = (name) => group(party, set).getByRole('radio', { name, exact: true });
  await tabTo(party, radio(from));
  for (let press = 0; press < 5 && !(await radio(to).isChecked()); press += 1) await key(party, 'ArrowDown');
  await expect(radio(to)).toBeChecked();
}

test('in the ideal world two things are seen, in the real one sixteen messages more', async ({ alice }) => {
  await openLesson(alice, 'ideal');
  for (const name of ['Alice', 'Bob']) {
    await expect(sees(alice, name)).toContainText('Bob has more');
    await expect(sees(alice, name).getByRole('listitem')).toHaveCount(0);
  }
  await expect(alice.page.getByRole('img', { name: /give their amount to a third party/ })).toBeVisible();
  await choose(alice, 'In which world', 'Ideal', 'Real');
  await expect(alice.page.getByRole('img', { name: /There is nobody between them/ })).toBeVisible();
  const way = (name, way) => sees(alice, name).locator(`[data-way=${way}]`);
  for (const name of ['Alice', 'Bob']) await expect(sees(alice, name).getByRole('listitem')).toHaveCount(16);
  const sent = await bits(way('Alice', 'sent'));
  expect(sent.map((text) => text.length)).toEqual([64, 96, 48, 24, 12, 6, 3, 2]);
  expect(await bits(way('Bob', 'received'))).toEqual(sent);
  // The halves that are opened say: less, and not equal.
  const [hers, his] = [sent, await bits(way('Bob', 'sent'))].map((list) => parseInt(list.at(-1), 2));
  expect(hers ^ his).toBe(0b01);
  await tabTo(alice, alice.page.getByRole('slider', { name: 'Alice has' }));
  await key(alice, 'End');
  await expect(sees(alice, 'Bob')).toContainText('Alice has more');
  expect(await bits(way('Alice', 'sent'))).not.toEqual(sent);
});

test('a guess is counted once, and after ten the luck is told', async ({ alice }) => {
  await openLesson(alice, 'ideal');
  const game = group(alice, 'Which is real?');
  const score = alice.byTestId('score');
  await tabTo(alice, game.getByRole('button', { name: '1 is real' }));
  let right = 0;
  for (let guess = 1; guess <= 10; guess += 1) {
    const guessed = guess % 2 === 0 ? '1' : '2';
    await key(alice, guessed);
    await expect(game).toHaveAttribute('data-real', /[12]/);
    right += (await game.getAttribute('data-real')) === guessed ? 1 : 0;
    await expect(score).toContainText(`${right} of ${guess} right; pure guessing gives ${guess / 2}`);
    // Whoever has been told cannot guess once more.
    await key(alice, guessed);
    await expect(score).toContainText(`${right} of ${guess} right`);
    await expect(game.locator('.was-real')).toHaveCount(1);
    if (guess < 10) {
      await expect(score).not.toContainText('probability');
      await tabTo(alice, game.getByRole('button', { name: 'Another pair' }));
      await key(alice, 'Enter');
      await expect(game.locator('.was-real')).toHaveCount(0);
    }
  }
  await expect(score).toContainText('The probability that guessing does at least so well is ');
});

test('rules win where something leaks, and nowhere else', async ({ alice }) => {
  await openLesson(alice, 'ideal');
  const many = alice.byTestId('many');
  const run = async (against) => {
    await tabTo(alice, alice.button('Guess 1,000 times'));
    await key(alice, 'Enter');
    await expect(many).toContainText(new RegExp(`^${against}, .* of 1,000 right`));
    return Number((await many.innerText()).match(/: ([\d,]+) of 1,000 right/)[1].replace(',', ''));
  };
  await choose(alice, 'It is real if it has', 'more ones', 'fewer ones');
  // A coin is right less often than 399 times, or more often than 601 times, once in 10^10 thousands.
  expect(Math.abs((await run('The protocol')) - 500)).toBeLessThanOrEqual(101);
  await choose(alice, 'What to guess at', 'The protocol', 'No masks at all');
  expect(await run('No masks at all')).toBeGreaterThan(601);
  await expect(many).toContainText('less than 1 in a million');
  const row = alice.page.getByRole('row', { name: /^fewer ones/ });
  await expect(row.locator('.wins')).toHaveCount(1);
});

test('what comes in is flat, and not flat without masks', async ({ alice }) => {
  await openLesson(alice, 'ideal');
  const picture = (name) => alice.page.getByRole('img', { name });
  await expect(picture(/^Received in real views: 12,750 draws in 16 bins.*As flat as chance makes it\.$/)).toBeVisible();
  await expect(picture(/^Received in made-up views: 12,750 draws in 16 bins.*As flat as chance makes it\.$/)).toBeVisible();
  await choose(alice, 'What to count', 'The protocol', 'No masks at all');
  await expect(picture(/^Received in real views: .*Not flat\.$/)).toBeVisible();
  await expect(alice.page.getByText('Real views: p < 0.005.')).toBeVisible();
});
