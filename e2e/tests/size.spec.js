// What a first visit loads: small, and nothing of what most people never open.

import { expect, test } from '../support/fixtures.js';
import { LIMIT, PROGRAM, listen, sum } from '../support/size.js';

test('the first page is small, and loads neither lessons nor rehearsal nor the workers', async ({ alice }) => {
  const arrived = listen(alice.page.context(), alice.page);
  await alice.open();
  await alice.at('home');
  const files = await arrived();
  expect(files.filter(({ file }) => /^\/(learn|rehearse)|worker|reader/.test(file))).toEqual([]);
  const program = files.filter(({ kind }) => PROGRAM.includes(kind));
  expect(program.some(({ kind }) => kind === 'application/wasm')).toBe(true);
  expect(program.filter(({ encoding }) => encoding !== 'br')).toEqual([]);
  expect(sum(program)).toBeLessThanOrEqual(LIMIT);
});
