// Names and labels come from the other side: they stay where they belong, whatever is in them.

import { join } from 'node:path';

import { checkDrawing, expect, meetToCheck, test } from '../support/fixtures.js';
import { refusedModels } from '../support/environment.js';

/** Whether a name reaches out of what it stands in, or makes the page wider than its window. */
const overflows = (party) =>
  party.page.evaluate(() => {
    const isWider = (inner, outer) => inner.getBoundingClientRect().right > outer.getBoundingClientRect().right + 1;
    const names = [...document.querySelectorAll('main bdi')];
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth || names.some((name) => isWider(name, name.closest('dd, h2, li, p, .opened')));
  });

test('names that are long or turn text round stay in their places', async ({ alice, bob }) => {
  test.setTimeout(120_000);
  await meetToCheck(alice, bob);
  await alice.chooseModel(join(refusedModels(), 'names.tacit'));
  await Promise.all([alice.at('agree'), bob.at('agree')]);
  const labels = ['שלום', 'tac', 'قطة', 'é', 'same', 'same', 'x'.repeat(64), '🐱', '<b>x</b>', 'a, b'];
  const said = bob.page.locator('dl > div', { has: bob.page.getByText('can say', { exact: true }) });
  await expect(said.locator('bdi')).toHaveText(labels);
  await expect(bob.page.getByRole('heading', { name: 'The model “elbmuj”' })).toBeVisible();
  await expect(bob.screen('agree')).not.toContainText(/[\u202A-\u202E\u2066-\u2069]/);
  expect(await overflows(bob)).toBe(false);
  await Promise.all([alice.accept(), bob.accept()]);
  await Promise.all([alice.at('run'), bob.at('picture')]);
  expect(await overflows(bob)).toBe(false);
  expect(await checkDrawing(alice, bob)).toEqual(['nothing', '🐱']);
  await expect(bob.page.locator('.labels bdi')).toHaveText(labels);
  expect(await overflows(bob)).toBe(false);
});

test('a label in which there is nothing to see is refused', async ({ alice, bob }) => {
  await meetToCheck(alice, bob);
  await alice.chooseModel(join(refusedModels(), 'blank.tacit'));
  const why = 'a name must have 1 to 64 bytes, something to see in it and no control characters';
  await expect(alice.page.getByRole('alert').filter({ hasText: why })).toHaveText(/not a model that Tacit can read/);
  await expect(bob.screen('model'), 'nothing was proposed').toBeVisible();
});
