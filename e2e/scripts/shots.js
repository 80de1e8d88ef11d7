// `cargo xtask shots`: pictures of every screen and every failure card, light, dark, on a phone, dark on a phone, and at a projector.
//
//   node scripts/shots.js FOLDER README_PICTURE [NAME]
//
// Each is reached by doing what leads there, once, and then looked at five times. With NAME, only those whose names
// contain it are. README's picture is that of `home`.

import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { contextOptions, launch } from '../support/chromium.js';
import { Party } from '../support/party.js';
import { failures, slowFailures, stage, walks } from '../support/screens.js';
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
  const failing = Object.entries({ ...failures, ...slowFailures }).map(([code, lead]) => failed(code, lead));
  const wanted = [...walks, ...failing].filter(({ names }) => names.some((name) => name.includes(filter)));
  for (const each of wanted) await take(each);
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
  await server.stop();
}

/** The way to a failure card. */
function failed(code, lead) {
  const name = `failure-${code}`;
  const walk = async (stage, seen) => {
    const party = await lead(stage);
    await party.failed(code, { timeout: 90_000 });
    await seen(name, party);
  };
  return { names: [name], walk };
}

async function take({ names, walk }) {
  const contexts = [];
  const here = stage(async (who, { home = server.url, browser = browsers[who === 'Bob' ? 1 : 0] } = {}) => {
    const context = await browser.newContext({ ...contextOptions, viewport: desktop, deviceScaleFactor: 2 });
    contexts.push(context);
    return new Party(who, await context.newPage(), home);
  });
  try {
    await walk(here, async (name, party) => {
      if (name.includes(filter)) await picture(name, party);
    });
  } catch (error) {
    console.error(`  ${names.join(', ')}: ${error.message}`);
    process.exitCode = 1;
  } finally {
    // First what was frozen: until then it closes nothing.
    await here.close();
    await Promise.all(contexts.map((context) => context.close().catch(() => {})));
  }
}

/** Takes the pictures of a screen. */
async function picture(name, party) {
  for (const [look, { colorScheme, viewport }] of Object.entries(looks)) {
    await party.page.emulateMedia({ colorScheme });
    await party.page.setViewportSize(viewport);
    await settled(party.page);
    await party.page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true, animations: 'disabled' });
  }
  // What follows is done where it was begun.
  await party.page.setViewportSize(desktop);
  if (name === 'home') copyFileSync(join(folder, 'home-light.png'), readmePicture);
  console.error(`  ${name}`);
}

/** Waits until the fonts are there and everything that moves once has arrived. */
function settled(page) {
  return page.evaluate(async () => {
    await document.fonts.ready;
    const once = document.getAnimations().filter((animation) => animation.effect.getComputedTiming().endTime !== Infinity);
    await Promise.all(once.map((animation) => animation.finished.catch(() => {})));
  });
}
