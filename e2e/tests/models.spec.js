// Model files that are whole and cannot be run all the same: refused before anything is proposed, in words that say what to do.

import { join } from 'node:path';

import { agreeOnModel, checkDrawing, expect, meetToCheck, test } from '../support/fixtures.js';
import { refusedModels } from '../support/environment.js';

const refused = {
  truncated: [/not a model that Tacit can read/, 'It is not complete'],
  version: [/not a model that Tacit can read/, 'It is of version 2, and this program reads version 1'],
  nan: [/not a model that Tacit can read/, 'one of its numbers is infinite or not a number'],
  coarse: [/not a model that Tacit can read/, 'first: beside its largest weights, the file keeps almost nothing'],
  // What it is instead, and how a model is made.
  onnx: [/not a model that Tacit can read/, 'This is an ONNX model. A .tacit file holds a network as Tacit runs it'],
  // The layer is named, and what to change about it.
  wide: [/layer \d+: .* 32 bits/, 'Give the ReLU before it a ceiling'],
  bias: [/first: Its bias is too large/, 'Make the bias smaller'],
  ceiling: [/relu: Its ceiling is too small/, 'Make the ceiling larger'],
  zero: [/first: All its weights are zero/, 'Make them larger'],
};

test('a round that is too large for so many pictures is refused, and a smaller one of the same model runs', async ({
  alice,
  bob,
}) => {
  test.setTimeout(120_000);
  await meetToCheck(alice, bob);
  const model = join(refusedModels(), 'labels.tacit');
  await alice.chooseModel(model, { pictures: 'Up to sixteen' });
  const alert = alice.page.getByRole('alert').filter({ hasText: 'too large for 16 pictures in one round' });
  await expect(alert).toContainText('choose fewer');
  await expect(bob.screen('model'), 'nothing was proposed').toBeVisible();
  await agreeOnModel(alice, bob, model, { pictures: 'One' });
  const [kept, told] = await checkDrawing(alice, bob);
  expect(kept).toBe('nothing');
  expect(told).toMatch(/^label \d+$/);
});

test('models that cannot be run are refused, and another one is taken', async ({ alice, bob }) => {
  test.setTimeout(120_000);
  await meetToCheck(alice, bob);
  for (const [name, [what, why]] of Object.entries(refused)) {
    await test.step(name, async () => {
      await alice.chooseModel(join(refusedModels(), `${name}.tacit`));
      const alert = alice.page.getByRole('alert').filter({ hasText: why });
      await expect(alert).toHaveText(what);
      await expect(bob.screen('model'), 'nothing was proposed').toBeVisible();
    });
  }
  await agreeOnModel(alice, bob);
  expect(await checkDrawing(alice, bob)).toEqual(['nothing', '7']);
});
