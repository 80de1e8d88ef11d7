// What looking at the wire costs: the same picture checks between two Chromium processes, with one side's wire tab closed and open, in
// turns. One JSON object a line. Also the longest task on that side's main thread while it is open; and how much later than the home page
// a rehearsal is there, from the navigation to its heading, each time in a fresh context.

import { contextOptions, launch } from '../support/chromium.js';
import { agreeOnModel, meetToCheck, seven } from '../support/flow.js';
import { Party } from '../support/party.js';
import { Server } from '../support/server.js';

const ROUNDS = 12;
/** Not counted: the compilers of a fresh browser are still at work. */
const WARM_UP = 2;

const server = await Server.start();
const browsers = await Promise.all([launch(), launch()]);
try {
  const [owner, holder] = await Promise.all(
    browsers.map(async (browser, i) => {
      const page = await (await browser.newContext(contextOptions)).newPage();
      return new Party(['Owner', 'Holder'][i], page, server.url);
    }),
  );
  await holder.page.addInitScript(() => {
    globalThis.longest = 0;
    const look = (list) => list.getEntries().forEach(({ duration }) => (globalThis.longest = Math.max(globalThis.longest, duration)));
    new PerformanceObserver(look).observe({ entryTypes: ['longtask'] });
  });
  await meetToCheck(owner, holder);
  await agreeOnModel(owner, holder);
  const times = { closed: [], open: [] };
  let longest = 0;
  for (let round = -WARM_UP; round < 2 * ROUNDS; round += 1) {
    if (round > -WARM_UP) {
      await Promise.all([owner, holder].map((party) => party.press('Check another picture')));
    }
    await holder.at('picture');
    await holder.draw(seven);
    await holder.press('Check it');
    await Promise.all([owner.at('result'), holder.at('result')]);
    const ms = await holder.page.evaluate(() =>
      ['prepared', 'answered'].map((what) => Number(document.querySelector(`[data-ms-of="${what}"]`).dataset.ms)),
    );
    const state = round % 2 === 0 ? 'closed' : 'open';
    if (round >= 0) times[state].push(ms[1]);
    if (state === 'open') longest = Math.max(longest, await holder.page.evaluate(() => globalThis.longest));
    // The other way round for the next one.
    await holder.press(state === 'closed' ? 'See what crossed' : 'Close the wire');
    await holder.page.evaluate(() => (globalThis.longest = 0));
  }
  const paint = { home: [], rehearsal: [] };
  for (let visit = -WARM_UP; visit < ROUNDS; visit += 1) {
    for (const [name, path] of [['home', '/'], ['rehearsal', '/rehearse/']]) {
      const context = await browsers[0].newContext(contextOptions);
      const page = await context.newPage();
      await page.addInitScript(() => {
        const seen = () => document.querySelector('main[data-screen] h1') && (globalThis.painted ??= performance.now());
        new MutationObserver(seen).observe(document, { childList: true, subtree: true });
      });
      await page.goto(`${server.url}${path}`);
      await page.locator('h1').first().waitFor();
      if (visit >= 0) paint[name].push(await page.evaluate(() => globalThis.painted));
      await context.close();
    }
  }
  const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  const [closed, open] = [median(times.closed), median(times.open)];
  const row = { bench: 'wire', model: 'digits', rounds: ROUNDS, closed_ms: closed, open_ms: open, ratio: open / closed, longest_task_ms: longest };
  console.log(JSON.stringify(row));
  const [home_ms, rehearsal_ms] = [median(paint.home), median(paint.rehearsal)];
  console.log(JSON.stringify({ bench: 'paint', home_ms, rehearsal_ms, ratio: rehearsal_ms / home_ms }));
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
  await server.stop();
}
