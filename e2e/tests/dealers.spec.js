// An ideal functionality deals both parties' secrets. Tests and lessons have one; no program that two people run may hold it.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { pageFolder, terminalProgram } from '../support/environment.js';
import { expect, test } from '../support/fixtures.js';

/** The bytes that every dealer draws under, and so holds. */
const source = readFileSync(resolve(import.meta.dirname, '../../core/ot/src/ideal.rs'), 'utf8');
const MARK = /const MARK: &\[u8\] = b"([^"]+)"/.exec(source)[1];

const hasDealer = (file) => readFileSync(file).includes(MARK);

test('no program that people run holds a dealer, and the lessons do', async () => {
  const files = readdirSync(pageFolder, { recursive: true }).filter((file) => file.endsWith('.wasm'));
  const named = (name) => files.filter((file) => file.includes(name));
  for (const name of ['tacit-app', 'tacit-worker', 'tacit-rehearse', 'tacit-learn']) {
    expect(named(name), `${name} is built`).not.toEqual([]);
  }
  const dealing = files.filter((file) => hasDealer(join(pageFolder, file)));
  // Who finds nothing there either looks for the wrong bytes.
  expect(dealing, 'a lesson shows what an ideal functionality is').toEqual(named('tacit-learn'));
  // The server has the lessons inside, so only the terminal can be asked.
  expect(hasDealer(terminalProgram())).toBe(false);
});
