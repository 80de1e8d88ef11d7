// Where a model's owner computes: on a graphics processor where somebody insists, on the processor where there is none, and on
// the processor after all where the other one is lost. The adapter here is a program, so it is slow and right.

import { launch } from '../support/chromium.js';
import { agreeOnModel, checkDrawing, expect, meetToCheck, seven, test as base } from '../support/fixtures.js';

const test = base.extend({
  /** A person in a browser that has a graphics adapter, who insists on it. */
  carol: async ({ person }, use) => {
    const browser = await launch('--enable-unsafe-webgpu');
    const carol = await person('Carol', browser);
    carol.query = '?compute=gpu';
    await use(carol);
    await carol.page.close();
    await browser.close();
  },
});

test.describe.configure({ timeout: 120_000 });

const computes = (party) => party.byTestId('computes-on');

/** Waits until the graphics processor is at hand: a program takes its time to compile the kernels. */
const insisted = (party) => expect(computes(party)).toContainText('The graphics processor does the work', { timeout: 60_000 });

/** Counts what this person's worker gives its graphics device to do; at submission `last`, the device is destroyed first. */
async function watch(party, last = Infinity) {
  for (const worker of party.page.workers()) {
    await worker.evaluate((last) => {
      globalThis.submissions = 0;
      const encode = GPUDevice.prototype.createCommandEncoder;
      GPUDevice.prototype.createCommandEncoder = function (...options) {
        globalThis.submissions += 1;
        if (globalThis.submissions === last) this.destroy();
        return encode.apply(this, options);
      };
    }, last);
  }
}

async function submissions(party) {
  const counts = await Promise.all(party.page.workers().map((worker) => worker.evaluate(() => globalThis.submissions)));
  return Math.max(...counts);
}

test('a graphics processor does the work of a model’s owner', async ({ carol, bob }) => {
  await meetToCheck(carol, bob);
  await carol.chooseModel('digits');
  await insisted(carol);
  await watch(carol);
  await expect(computes(bob), 'whoever has the picture computes little').toBeHidden();
  await Promise.all([carol.accept(), bob.accept()]);
  await Promise.all([carol.at('run'), bob.at('picture')]);
  expect(await checkDrawing(carol, bob)).toEqual(['nothing', '7']);
  await expect(computes(carol)).toContainText('The graphics processor does the work');
  expect(await submissions(carol)).toBeGreaterThan(5);
});

for (const [when, last] of [['while material is prepared', 2], ['while the picture goes through the layers', 7]]) {
  test(`a device that is lost ${when} costs no answer`, async ({ carol, bob }) => {
    await meetToCheck(carol, bob);
    await carol.chooseModel('digits');
    await insisted(carol);
    await watch(carol, last);
    await Promise.all([carol.accept(), bob.accept()]);
    await Promise.all([carol.at('run'), bob.at('picture')]);
    expect(await checkDrawing(carol, bob)).toEqual(['nothing', '7']);
    await expect(computes(carol)).toContainText('the processor, not the graphics processor');
    await expect(carol.screen('result')).toContainText('failed');
    expect(await submissions(carol)).toBe(last);
  });
}

test('without a graphics processor the processor does it all', async ({ alice, bob }) => {
  await meetToCheck(alice, bob);
  await alice.chooseModel('digits');
  await expect(computes(alice)).toContainText('the processor');
  await expect(alice.screen('agree')).toContainText('no graphics processor');
});

test('who insists on the processor gets it', async ({ carol, bob }) => {
  carol.query = '?compute=cpu';
  await meetToCheck(carol, bob);
  await agreeOnModel(carol, bob);
  await bob.draw(seven);
  await bob.check();
  expect(await carol.answer()).toBe('nothing');
  await expect(carol.screen('result')).toContainText('as you asked');
});
