// The lessons, by keyboard alone.

import { expect } from '@playwright/test';

/** Every lesson, by its name in the address, in order. */
export const lessons = ['shares', 'multiply', 'paillier', 'shamir', 'transfer', 'richer', 'answers', 'break', 'ideal'];

/** Opens the lessons, or one of them. */
export async function openLesson(party, lesson) {
  await party.open(`/learn/${lesson ? `#${lesson}` : ''}`);
  await party.at(lesson ?? 'lessons');
}

/** Presses the tab key until `target` has the focus, and checks that one sees it. */
export async function tabTo(party, target) {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((node) => node === document.activeElement)) {
      const outline = await target.evaluate((node) => parseFloat(getComputedStyle(node).outlineWidth));
      expect(outline, 'one sees what has the focus').toBeGreaterThan(0);
      return;
    }
    await party.page.keyboard.press('Tab');
  }
  throw new Error('not reached by the tab key');
}

/** Goes through the protocol called `name` to its end; the group that holds it. */
export async function walk(party, name) {
  const bench = party.page.getByRole('group', { name, exact: true });
  await tabTo(party, bench.getByRole('button', { name: 'Next step' }));
  const steps = Number(await bench.getAttribute('data-steps'));
  for (let step = 2; step <= steps; step += 1) {
    await party.page.keyboard.press('Enter');
    await expect(bench).toHaveAttribute('data-step', String(step));
  }
  return bench;
}

/** What crossed on a bench, from whom. */
export async function crossed(bench) {
  const packets = await bench.locator('.packet').all();
  return Promise.all(
    packets.map(async (packet) => {
      const from = (await packet.getAttribute('class')).includes('alice') ? 'Alice' : 'Bob';
      return `${from} ${await packet.locator('.packet-value').innerText()}`;
    }),
  );
}
