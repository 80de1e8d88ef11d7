// For everybody: every screen and card under axe, by keyboard alone, on a phone, in the dark.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { agree, compare, expect, meetByCode, meetByLink, test as base } from '../support/fixtures.js';
import { failures, stage, walks } from '../support/screens.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

const test = base.extend({
  /** Where people enter who are led to screens. */
  here: async ({ person, browsers }, use) => {
    const here = stage(async (name, { home, browser } = {}) => {
      const party = await person(name, browser ?? (name === 'Bob' ? browsers.bob : browsers.alice), home);
      // An init script, because the page's policy lets no other script in. The checker belongs into the page itself.
      await party.page.addInitScript(axe);
      return party;
    });
    await use(here);
    await here.close();
  },
});

// A screen behind a server of its own waits until that server has packed the page.
test.describe.configure({ timeout: 120_000 });

for (const { names, walk } of walks) {
  test(`axe: ${names.join(', ')}`, async ({ here }) => {
    const checked = [];
    await walk(here, (name, party) => test.step(name, async () => {
      await checkBoth(party);
      checked.push(name);
    }));
    expect(checked.toSorted()).toEqual(names.toSorted());
  });
}

for (const [code, lead] of Object.entries(failures)) {
  test(`axe: failure ${code}`, async ({ here }) => {
    const party = await lead(here);
    await party.failed(code);
    await checkBoth(party);
  });
}

/** Light and dark are the same page under another preference. */
async function checkBoth(party) {
  for (const colorScheme of ['light', 'dark']) {
    await party.page.emulateMedia({ colorScheme });
    await check(party, colorScheme);
  }
}

async function check(party, where) {
  const violations = await party.page.evaluate(async () => {
    // Contrast is measured on what stays, not half way through a transition.
    await Promise.all(document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity).map((a) => a.finished.catch(() => {})));
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`);
  });
  expect(violations, where).toEqual([]);
}

test('by keyboard alone, from home to the answer', async ({ alice, bob }) => {
  const tabTo = async (party, target) => {
    await expect(target).toBeVisible();
    for (let presses = 0; presses < 40; presses += 1) {
      if (await target.evaluate((node) => node === document.activeElement)) return;
      await party.page.keyboard.press('Tab');
    }
    throw new Error('not reached by the tab key');
  };
  const pressKey = async (party, name) => {
    await tabTo(party, party.button(name));
    const outline = await party.button(name).evaluate((node) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(node);
      return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
    });
    expect(outline, `one sees that ${name} has the focus`).toBe(true);
    await party.page.keyboard.press('Enter');
  };
  await alice.open();
  await pressKey(alice, 'Start, and invite someone');
  await alice.at('invite');
  const code = (await alice.byTestId('invite-code').innerText()).trim();
  await bob.open();
  await pressKey(bob, 'I have a code');
  await tabTo(bob, bob.page.getByRole('textbox', { name: 'Code' }));
  await bob.page.keyboard.type(code);
  await bob.page.keyboard.press('Enter');
  for (const party of [alice, bob]) {
    await party.at('meet');
    await pressKey(party, 'They are the same');
  }
  for (const party of [alice, bob]) {
    await party.at('agree');
    await pressKey(party, 'Accept');
  }
  for (const [party, amount] of [[alice, '1'], [bob, '2']]) {
    await party.at('amount');
    await tabTo(party, party.amount());
    await party.page.keyboard.type(amount);
    await party.page.keyboard.press('Enter');
  }
  expect([await alice.answer(), await bob.answer()]).toEqual(['they', 'you']);
  await pressKey(alice, 'Leave');
});

test('a new screen takes the focus, so that a screen reader reads it', async ({ alice, bob }) => {
  const focused = (party) => party.page.evaluate(() => document.activeElement?.closest('main')?.dataset.screen ?? null);
  await meetByLink(alice, bob);
  await expect.poll(() => focused(alice)).toBe('agree');
  await agree(alice, bob);
  await expect.poll(() => focused(alice)).toBe('amount');
  await compare(alice, '1', bob, '2');
  await expect.poll(() => focused(bob)).toBe('result');
});

test.describe('on a phone', () => {
  test.use({ look: phone });

  test('the whole flow fits, and fingers can hit it', async ({ alice, bob }) => {
    const fits = async (...people) => {
      for (const party of people) {
        const { wide, small } = await party.page.evaluate(() => ({
          wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
          small: [...document.querySelectorAll('main button')]
            .filter((button) => button.checkVisibility() && button.getBoundingClientRect().height < 40)
            .map((button) => button.textContent),
        }));
        expect(wide, `${party.name} scrolls sideways`).toBeLessThanOrEqual(0);
        expect(small, 'buttons too low for a finger').toEqual([]);
      }
    };
    await alice.open();
    await fits(alice);
    await meetByCode(alice, bob);
    await fits(alice, bob);
    for (const party of [alice, bob]) await party.press('They are the same');
    await Promise.all([alice.at('agree'), bob.at('agree')]);
    await fits(alice, bob);
    await agree(alice, bob);
    await fits(alice, bob);
    expect(await compare(alice, '92,233,720,368,547,758.07', bob, '0')).toEqual(['you', 'they']);
    await fits(alice, bob);
  });
});

test.describe('in the dark', () => {
  test.use({ look: { colorScheme: 'dark' } });

  test('the whole flow is dark', async ({ alice, bob }) => {
    await meetByLink(alice, bob);
    await agree(alice, bob);
    expect(await compare(alice, '1', bob, '2')).toEqual(['they', 'you']);
    const lightness = await alice.page.evaluate(() => {
      const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
      return (red + green + blue) / 3;
    });
    expect(lightness).toBeLessThan(64);
  });
});

test.describe('with reduced motion', () => {
  test.use({ look: { reducedMotion: 'reduce' } });

  test('nothing moves for longer than a blink', async ({ alice }) => {
    await alice.open();
    await alice.at('home');
    const moving = await alice.page.evaluate(() =>
      document.getAnimations().filter((animation) => animation.effect.getComputedTiming().endTime > 200).length,
    );
    expect(moving).toBe(0);
  });
});
