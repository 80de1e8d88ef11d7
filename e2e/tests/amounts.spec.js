// What is not an amount is refused in words, aloud, and nothing that was typed is lost.

import { agree, compare, expect, meetByLink, test } from '../support/fixtures.js';

const refused = {
  'nothing': ['', /type an amount/i],
  'letters': ['twelve', /digits/i],
  'an exponent': ['1e5', /digits/i],
  'three decimals': ['1.2345', /two digits/i],
  'a negative amount': ['-5', /negative/i],
  'a typographic minus': ['\u22125', /negative/i],
  'one unit too much': ['92,233,720,368,547,758.08', /largest/i],
  'far too much': ['9'.repeat(60), /largest/i],
  'separators that may mean anything': ['1,23,4', /clear/i],
  'separators that contradict': ['1.2.3', /clear/i],
};

test('malformed amounts are refused and nothing is lost', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  for (const [name, [text, message]] of Object.entries(refused)) {
    await test.step(name, async () => {
      await alice.amount().fill(text);
      await alice.press('Compare');
      await expect(alice.page.getByRole('alert'), text).toHaveText(message);
      await expect(alice.screen('amount')).toBeVisible();
      await expect(alice.amount()).toHaveValue(text);
      await expect(alice.amount()).toHaveAttribute('aria-invalid', 'true');
    });
  }
  // After all that, a good one is taken.
  expect(await compare(alice, '10', bob, '10.00')).toEqual(['equal', 'equal']);
});

test('the message is tied to the field, and goes when the field is mended', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  await alice.amount().fill('12k');
  await alice.press('Compare');
  const alert = alice.page.getByRole('alert');
  await expect(alert).toHaveText(/digits/i);
  await expect(alice.amount()).toHaveAccessibleDescription(/digits/i);
  await expect(alice.amount()).toBeFocused();
  await alice.amount().fill('12');
  await expect(alert.filter({ hasText: /digits/i })).toHaveCount(0);
});

test('enter compares', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  for (const [party, amount] of [[alice, '3'], [bob, '2']]) {
    await party.amount().fill(amount);
    await party.amount().press('Enter');
  }
  expect([await alice.answer(), await bob.answer()]).toEqual(['you', 'they']);
});
