// `cargo xtask shots`: pictures of every screen and every failure card, light, dark, on a phone, dark on a phone, and at a projector.
//
//   node scripts/shots.js FOLDER README_PICTURE [NAME]
//
// Each is reached by doing what leads there, once, and then looked at five times. README's picture is that of `home`.

import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { contextOptions, launch } from '../support/chromium.js';
import { Party } from '../support/party.js';
import { failures, screens, slowFailures, stage } from '../support/screens.js';
import { Server } from '../support/server.js';

const desktop = { width: 1200, height: 800 };
const phone = { width: 390, height: 844 };
const projector = { width: 1024, height: 768 };
const looks = {
  light: { colorScheme: 'light', viewport: desktop },
  dark: { colorScheme: 'dark', viewport: desktop },
  phone: { colorScheme: 'light', viewport: phone },
  'phone-dark': { colorScheme: 'dark', viewport: phone },
  projector: { colorScheme: 'light', viewport: projector },
};

const [folder, readmePicture, filter = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const server = await Server.start('--seats-per-minute', '100000', '--sockets-per-minute', '100000');
const browsers = await Promise.all([launch(), launch()]);
try {
  const all = Object.entries({ ...screens, ...prefixed(failures), ...prefixed(slowFailures) });
  for (const [name, lead] of all.filter(([name]) => name.includes(filter))) await take(name, lead);
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
  await server.stop();
}

async function take(name, lead) {
  const contexts = [];
  const here = stage(async (who, { home = server.url, browser = browsers[who === 'Bob' ? 1 : 0] } = {}) => {
    const context = await browser.newContext({ ...contextOptions, viewport: desktop, deviceScaleFactor: 2 });
    contexts.push(context);
    return new Party(who, await context.newPage(), home);
  });
  try {
    const party = await lead(here);
    if (name.startsWith('failure-')) await party.failed(name.replace('failure-', ''), { timeout: 90_000 });
    for (const [look, { colorScheme, viewport }] of Object.entries(looks)) {
      await party.page.emulateMedia({ colorScheme });
      await party.page.setViewportSize(viewport);
      await settled(party.page);
      await party.page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true, animations: 'disabled' });
    }
    if (name === 'home') copyFileSync(join(folder, 'home-light.png'), readmePicture);
    console.error(`  ${name}`);
  } catch (error) {
    console.error(`  ${name}: ${error.message}`);
    process.exitCode = 1;
  } finally {
    // First what was frozen: until then it closes nothing.
    await here.close();
    await Promise.all(contexts.map((context) => context.close().catch(() => {})));
  }
}

/** Waits until the fonts are there and everything that moves once has arrived. */
function settled(page) {
  return page.evaluate(async () => {
    await document.fonts.ready;
    const once = document.getAnimations().filter((animation) => animation.effect.getComputedTiming().endTime !== Infinity);
    await Promise.all(once.map((animation) => animation.finished.catch(() => {})));
  });
}

function prefixed(list) {
  return Object.fromEntries(Object.entries(list).map(([code, lead]) => [`failure-${code}`, lead]));
}
