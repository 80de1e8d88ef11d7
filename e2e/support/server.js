// The real server, one process each.

import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { pageFolder, serverProgram } from './environment.js';
import { start } from './programs.js';

const READY = /^Tacit is at (https?:\/\/\S+?)\/?$/;

export class Server {
  /** Starts a server on a free port and waits until it listens. `flags` are added to its command line. */
  static async start(...flags) {
    return Server.startAs('--page', pageFolder, ...flags);
  }

  /** The same without a folder for the page: it serves the one inside. */
  static async startAs(...flags) {
    const child = start(serverProgram, ['--listen', '127.0.0.1:0', '--log', 'warn', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new Server(child);
    // A test runner that dies takes its server along.
    process.once('exit', server.#kill);
    for await (const line of createInterface({ input: child.stdout })) {
      const ready = line.match(READY);
      if (ready) {
        server.url = ready[1];
        child.stdout.resume();
        return server;
      }
    }
    throw new Error(`the server ended before it listened: ${server.log}`);
  }

  constructor(child) {
    this.child = child;
    /** What it wrote to stderr. */
    this.log = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (this.log += text));
  }

  /** Where it is, for example `http://localhost:40123`. */
  url = '';

  /** Ends it and waits until it is gone. */
  async stop() {
    process.removeListener('exit', this.#kill);
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await gone;
    }
  }

  #kill = () => this.child.kill('SIGKILL');
}
