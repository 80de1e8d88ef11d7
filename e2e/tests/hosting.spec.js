// As it is hosted for a class: one program with the page inside, over HTTPS, with a certificate of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { agree, compare, expect, meetByLink, test as base } from '../support/fixtures.js';
import { Proxy } from '../support/proxy.js';
import { Server } from '../support/server.js';

const test = base.extend({
  // As people do who were told the fingerprint.
  look: { ignoreHTTPSErrors: true },

  /** A server as the manual has it. */
  hosted: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'tacit-tls-'));
    const server = await Server.startAs('--tls', 'self-signed', '--tls-folder', folder);
    await use(server);
    await server.stop();
    rmSync(folder, { recursive: true });
  },
});

test('two people meet and compare over HTTPS', async ({ person, browsers, hosted }) => {
  expect(hosted.url).toMatch(/^https:/);
  const alice = await person('Alice', browsers.alice, hosted.url);
  const bob = await person('Bob', browsers.bob, hosted.url);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  expect(await compare(alice, '1250', bob, '980')).toEqual(['you', 'they']);
  expect(await alice.page.evaluate(() => isSecureContext)).toBe(true);
});

test('whoever types http is sent on', async ({ person, browsers, hosted }) => {
  const alice = await person('Alice', browsers.alice, hosted.url);
  await alice.open(hosted.url.replace('https:', 'http:'));
  await alice.at('home');
  expect(alice.page.url()).toMatch(/^https:/);
});

test('in a folder of another address the page says that it cannot work there', async ({ person, browsers, server }) => {
  const proxy = await Proxy.start(server);
  proxy.folder = '/tacit';
  try {
    const alice = await person('Alice', browsers.alice, proxy.url);
    // The page's files are not at the address that it names.
    alice.expects(/Failed to load resource: .* 404/);
    await alice.page.goto(`${proxy.url}/tacit/`);
    await expect(alice.page.getByText('Tacit needs an address of its own')).toBeVisible();
  } finally {
    await proxy.stop();
  }
});
