// What every test gets: a real server and two browser processes per worker, two fresh people per test.

import { test as base, expect } from '@playwright/test';

import { contextOptions, launch, Mortal } from './chromium.js';
import { FirefoxParty, launch as launchFirefox } from './firefox.js';
import { Party } from './party.js';
import { Server } from './server.js';
import { Terminal } from './terminal.js';

export { agree, agreeOnModel, checkDrawing, compare, meetByCode, meetByLink, meetToCheck, seven } from './flow.js';
export { expect };

export const test = base.extend({
  /** The real server; one per worker. */
  server: [
    async ({}, use) => {
      // Every person of every test comes from one address here.
      const server = await Server.start('--seats-per-minute', '100000', '--sockets-per-minute', '100000');
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],

  /** Two browser processes; one pair per worker. */
  browsers: [
    async ({}, use) => {
      const [alice, bob] = await Promise.all([launch(), launch()]);
      await use({ alice, bob });
      await Promise.all([alice.close(), bob.close()]);
    },
    { scope: 'worker' },
  ],

  /** How the pages look: viewport, colour scheme. */
  look: [{}, { option: true }],

  /** Makes people: `person(name, browser, home)`, in the second browser and at the worker's server by default; checks at the end that nothing went wrong on their pages. */
  person: async ({ server, browsers, look }, use) => {
    const people = [];
    await use(async (name, browser = browsers.bob, home = server.url) => {
      const context = await browser.newContext({ ...contextOptions, ...look });
      const party = new Party(name, await context.newPage(), home);
      people.push(party);
      return party;
    });
    const complaints = people.flatMap((party) => party.complaints);
    // A person whose browser was killed has no context to close.
    await Promise.all(people.map((party) => party.page.context().close().catch(() => {})));
    expect(complaints, 'errors, warnings and requests to other origins').toEqual([]);
  },

  /** Starts terminal programs: `terminal(args, input)`. Whatever still runs at the end is ended. */
  terminal: async ({}, use) => {
    const programs = [];
    await use((...args) => {
      const program = new Terminal(...args);
      programs.push(program);
      return program;
    });
    await Promise.all(programs.map((program) => program.end()));
  },

  /** In the first browser. */
  alice: async ({ person, browsers }, use) => use(await person('Alice', browsers.alice)),

  /** In the second browser. */
  bob: async ({ person, browsers }, use) => use(await person('Bob', browsers.bob)),

  /** A third browser process that a test may freeze or kill. */
  mortal: async ({}, use) => {
    const mortal = await Mortal.launch();
    await use(mortal);
    await mortal.close();
  },

  /** A browser process that no peer connection can leave or enter. */
  walled: async ({}, use) => {
    const browser = await launch('--webrtc-ip-handling-policy=disable_non_proxied_udp');
    await use(browser);
    await browser.close();
  },

  /** A Firefox process; one per worker. */
  firefox: [
    async ({}, use) => {
      const browser = await launchFirefox();
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],

  /** A person in Firefox, at the worker's server; checks at the end that nothing went wrong on the page. */
  fox: async ({ firefox, server }, use) => {
    const fox = await FirefoxParty.enter('Fox', firefox, server.url);
    await use(fox);
    await fox.leave();
    expect(fox.complaints, 'errors, warnings and requests to other origins').toEqual([]);
  },
});
