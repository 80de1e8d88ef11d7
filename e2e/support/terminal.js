// The terminal program, one process each.

import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { terminalProgram } from './environment.js';
import { start } from './programs.js';

export class Terminal {
  /** Starts `tacit` with these arguments. `input` is what it finds on standard input. */
  constructor(args, input = '') {
    this.child = start(terminalProgram(), args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin.on('error', () => {}).end(input);
    /** What it wrote to stderr. */
    this.said = '';
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.said += text));
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.#ended = once(this.child, 'exit');
    // A test runner that dies takes its programs along.
    process.once('exit', this.#kill);
  }

  /** The next line of standard output. */
  async line() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the terminal program said no more: ${this.said}`);
    return value;
  }

  /** The next event of a program that was started with --json and fits. */
  async event(fits) {
    for (;;) {
      const event = JSON.parse(await this.line());
      if (fits(event)) return event;
    }
  }

  /** The next event of its pairing of this type. */
  told(type) {
    return this.event(({ event }) => event?.type === type);
  }

  /** Waits until it ends; its exit code. */
  async ended() {
    const [code] = await this.#ended;
    process.removeListener('exit', this.#kill);
    return code;
  }

  /** Asks it to end, and waits until it has. */
  async stop() {
    this.child.kill('SIGINT');
    return this.ended();
  }

  /** Ends it whatever it does. */
  async end() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.#kill();
    await this.ended();
  }

  #lines;
  #ended;
  #kill = () => this.child.kill('SIGKILL');
}
