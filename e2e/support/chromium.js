// Browsers that stay on this machine.

import { chromium } from '@playwright/test';

import { find, read } from './programs.js';

const args = [
  // Peer connections may use 127.0.0.1, so two browsers meet on a machine without any network.
  '--allow-loopback-in-peer-connection',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
  '--disable-gpu',
  // Whatever asks for another host gets no answer, so a forgotten request cannot leave the machine.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
// Without one that is installed, Playwright's own.
const options = { executablePath: find('chromium'), args, headless: true };

/** What every context needs: with the microphone granted, candidates carry addresses instead of mDNS names. */
export const contextOptions = { permissions: ['microphone'], locale: 'en-GB', reducedMotion: 'no-preference' };

/** A browser process; `flags` are added to its command line. */
export function launch(...flags) {
  return chromium.launch({ ...options, args: [...args, ...flags] });
}

/** A browser process that can be frozen, thawed and killed like a laptop whose lid falls shut. */
export class Mortal {
  static async launch() {
    const server = await chromium.launchServer(options);
    return new Mortal(server, await chromium.connect(server.wsEndpoint()));
  }

  constructor(server, browser) {
    this.server = server;
    this.browser = browser;
    // Whoever ends us asks the browsers to end, and a frozen one would not hear it.
    for (const signal of SIGNALS) process.once(signal, this.thaw);
  }

  #frozen = [];

  /** Stops every process of the browser where it stands. */
  freeze = () => {
    this.#frozen = descendants(this.server.process().pid);
    signal(this.#frozen, 'SIGSTOP');
  };

  /** Lets it go on. */
  thaw = () => signal(this.#frozen.splice(0), 'SIGCONT');

  /** Ends it without a chance to say goodbye. */
  async kill() {
    await this.server.kill();
  }

  async close() {
    for (const signal of SIGNALS) process.removeListener(signal, this.thaw);
    this.thaw();
    await this.server.kill();
  }
}

function signal(ids, name) {
  for (const id of ids) {
    try {
      process.kill(id, name);
    } catch (error) {
      // One that has ended needs no signal.
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** `root` and every process below it, parents first. */
function descendants(root) {
  const table = read('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = table.trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const found = [root];
  for (const parent of found) found.push(...pairs.filter(([, above]) => above === parent).map(([id]) => id));
  return found;
}
