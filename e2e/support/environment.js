// What the tests run against. xtask builds all of it and names it in the environment; by hand the usual places do.

import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const target = process.env.CARGO_TARGET_DIR ? resolve(process.env.CARGO_TARGET_DIR) : join(root, 'target');

/** The browser: Chromium or Chrome; undefined means Playwright's own. */
export const chrome = process.env.CHROME || undefined;

/** The other browser: Firefox; undefined where there is none. */
export const firefox = process.env.FIREFOX || found('firefox-esr') || found('firefox');

/** The server's program. */
export const serverProgram = named('TACIT_SERVER', join(target, 'host', 'tacit-signaling'));

/** The terminal program. */
export const terminalProgram = () => named('TACIT_TERMINAL', join(target, 'host', 'tacit'));

/** The file of a bundled model. */
export const model = (name) => join(root, 'static/models', `${name}.tacit`);

/** The folder with the built page. */
export const pageFolder = named('TACIT_PAGE', join(root, 'dist'));

/** The folder with model files that are refused. */
export const refusedModels = () => named('TACIT_REFUSED_MODELS', join(target, 'refused-models'));

function named(variable, usual) {
  const path = process.env[variable] || usual;
  if (!existsSync(path)) {
    throw new Error(`${path} is not there. \`cargo xtask test --only e2e\` builds it; ${variable} names another.`);
  }
  return path;
}

/** The program called `name` on PATH. */
function found(name) {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return places.find((place) => existsSync(place));
}
