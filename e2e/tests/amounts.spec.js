// What is not an amount is refused in words, aloud, and nothing that was typed is lost.

import { agree, compare, expect, meetByLink, test } from '../support/fixtures.js';

const refused = {
  'nothing': ['', /type an amount/i],
  'letters': ['twelve', /digits/i],
  'an exponent': ['1e5', /digits/i],
  'three decimals': ['1.2345', /two digits/i],
  'a negative amount': ['-5', /negative/i],
  'a typographic minus': ['\u22125', /negative/i],
  'a fullwidth minus': ['－500', /negative/i],
  'an amount in brackets': ['(1,250.00 €)', /negative/i],
  'a word for thousands': ['12 tsd €', /write thousands/i],
  'three decimals of a dinar': ['12.345 KWD', /12,345\.00, or 12\.345 with three decimals/],
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

const taken = [
  'R$ 1.250,00',
  '1 250,00 zł',
  'US$1,250',
  '1250円',
  '1.250,-',
  '1.250,– €',
  '１，２５０．００',
  '1\u200B250',
  '१,२५०',
];

test('amounts are understood as their people mean them', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  for (const text of taken) {
    await test.step(text, async () => {
      await alice.amount().fill('');
      await expect(alice.page.getByText('Any currency sign')).toBeVisible();
      await alice.amount().fill(text);
      await expect(alice.page.getByText('Understood as 1,250.00')).toBeVisible();
    });
  }
  expect(await compare(alice, '12.345,- KWD', bob, '12,345.00')).toEqual(['equal', 'equal']);
});

test('two cells of a table are not joined into one amount', async ({ alice, bob }) => {
  await meetByLink(alice, bob);
  await agree(alice, bob);
  const give = (kind, text) =>
    alice.amount().evaluate(
      (field, [kind, text]) => {
        const data = new DataTransfer();
        data.setData('text/plain', text);
        const about = { bubbles: true, cancelable: true };
        const event = {
          pasted: () => new ClipboardEvent('paste', { clipboardData: data, ...about }),
          dropped: () => new DragEvent('drop', { dataTransfer: data, ...about }),
        };
        field.dispatchEvent(event[kind]());
      },
      [kind, text],
    );
  for (const kind of ['pasted', 'dropped']) {
    for (const cells of ['125\n300', '125\t300', '125\r\n300\r\n']) {
      await alice.amount().fill('');
      await give(kind, cells);
      await expect(alice.amount(), kind).toHaveValue('125 | 300');
      await alice.press('Compare');
      await expect(alice.page.getByRole('alert')).toHaveText(/more than one number/);
      await expect(alice.amount()).toHaveValue('125 | 300');
    }
  }
  // A sign in a cell of its own is no second amount.
  await alice.amount().fill('');
  await give('pasted', 'EUR\t1.250,00');
  await expect(alice.page.getByText('Understood as 1,250.00')).toBeVisible();
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
