// Browsers that stay on this machine.

import { execFileSync } from 'node:child_process';

import { chromium } from '@playwright/test';

import { chrome } from './environment.js';

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

const options = { executablePath: chrome, args, headless: true };

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
  }

  /** Stops every process of the browser where it stands. */
  freeze = () => this.#signal('SIGSTOP');

  /** Lets it go on. */
  thaw = () => this.#signal('SIGCONT');

  /** Ends it without a chance to say goodbye. */
  async kill() {
    await this.server.kill();
  }

  async close() {
    this.thaw();
    await this.server.kill();
  }

  #signal(signal) {
    for (const id of descendants(this.server.process().pid)) {
      try {
        process.kill(id, signal);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
  }
}

/** `root` and every process below it, parents first. */
function descendants(root) {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = table.trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const found = [root];
  for (const parent of found) found.push(...pairs.filter(([, above]) => above === parent).map(([id]) => id));
  return found;
}
