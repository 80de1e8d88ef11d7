// Model files that are whole and cannot be run all the same: refused before anything is proposed, in words that say what to do.

import { join } from 'node:path';

import { agreeOnModel, checkDrawing, expect, meetToCheck, test } from '../support/fixtures.js';
import { refusedModels } from '../support/environment.js';

const refused = {
  truncated: [/not a model that Tacit can read/, 'this file is not complete'],
  version: [/not a model that Tacit can read/, 'this model is of version 2, and this program reads version 1'],
  nan: [/not a model that Tacit can read/, 'one of its numbers is infinite or not a number'],
  // The layer is named, and what to change about it.
  wide: [/layer \d+: Its .* 32 bits/, 'Give the ReLU before it a ceiling'],
};

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
