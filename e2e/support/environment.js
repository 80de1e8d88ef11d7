// What the tests run against. xtask builds all of it and names it in the environment; by hand the usual places do. Programs from
// outside are found by programs.js.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const target = process.env.CARGO_TARGET_DIR ? resolve(process.env.CARGO_TARGET_DIR) : join(root, 'target');

/** The server's program. */
export const serverProgram = named('TACIT_SERVER', join(target, 'debug', 'tacit-signaling'));

/** The terminal program. */
export const terminalProgram = () => named('TACIT_TERMINAL', join(target, 'debug', 'tacit'));

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
