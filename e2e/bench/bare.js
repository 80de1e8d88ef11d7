// A page of the product's origin without the product on it: what stands there in its place hears and tells the product's worker what the
// product would, by `tacit-bench-worker`.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { contextOptions } from '../support/chromium.js';
import { pageFolder } from '../support/environment.js';

/** A page with `scripts`, which find in `Handover` how messages are packed. `folder` has what wasm-bindgen wrote. */
export async function bare(browser, home, folder, scripts) {
  const page = await (await browser.newContext(contextOptions)).newPage();
  const glue = readFileSync(join(folder, 'bench.js'), 'utf8');
  await page.addInitScript(`${glue}; globalThis.Handover = wasm_bindgen;`);
  for (const script of scripts) await page.addInitScript({ path: join(import.meta.dirname, script) });
  await page.goto(home);
  const load = (text) => globalThis.Handover({ module_or_path: Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer });
  // What it gives back does not cross to here.
  await page.evaluate(`(${load})(${JSON.stringify(readFileSync(join(folder, 'bench_bg.wasm'), 'base64'))}).then(() => {})`);
  return page;
}

/** Where the page has the worker's loader that trunk wrote. */
export function worker() {
  const found = readdirSync(pageFolder).find((name) => /worker.*loader.*\.js$/.test(name));
  if (!found) throw new Error(`no worker in ${pageFolder}`);
  return `/${found}`;
}
