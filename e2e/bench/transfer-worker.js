// The browser's end of a transfer, in a Worker: over a bare data channel here, through a link in WebAssembly.

importScripts('/bench.js');

// `meet/examples/bench_transfer.rs` has the same.
const ROUNDS = 7;
const ALL = 64 << 20;
const PART = 64 << 10;
const MESSAGE = 1 << 20;
// What a link lets wait in the browser, and when it wants to hear that there is room.
const HIGH = 4 << 20;
const LOW = 1 << 20;

/** What resolves at the next `type` of `target`. */
const next = (target, type) => new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));

class Bare {
  #came = 0;
  #resolve;

  constructor(channel) {
    this.channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = LOW;
    this.#expect();
    channel.onmessage = ({ data }) => {
      this.#came += data.byteLength;
      // One byte says that the other side has everything.
      if (data.byteLength === 1 || this.#came === ALL) this.#resolve();
    };
  }

  async send() {
    const part = new Uint8Array(PART);
    for (let sent = 0; sent < ALL; sent += PART) {
      if (this.channel.bufferedAmount + PART > HIGH) await next(this.channel, 'bufferedamountlow');
      this.channel.send(part);
    }
    await this.#done;
    this.#expect();
  }

  async take() {
    await this.#done;
    this.#expect();
    this.channel.send(new Uint8Array(1));
  }

  #done;

  #expect() {
    this.#came = 0;
    this.#done = new Promise((resolve) => (this.#resolve = resolve));
  }
}

/** Megabytes a second, from the first byte until the other side has them all. */
async function speed(send) {
  const started = performance.now();
  await send();
  return ALL / 1e3 / (performance.now() - started);
}

async function measure(channels) {
  const bare = new Bare(channels.bare);
  const link = new wasm_bindgen.Link(channels.link);
  if (channels.bare.readyState !== 'open') await next(channels.bare, 'open');
  // Both sides say over the link that they are there, because the bare channel may lose what comes too early.
  await link.send(1, 0);
  for (let round = 0; round < ROUNDS; round += 1) {
    postMessage({ bare: await speed(() => bare.send()) });
    postMessage({ link: await speed(() => link.send(ALL / MESSAGE, MESSAGE)) });
    await bare.take();
    await link.take(ALL / MESSAGE);
  }
  postMessage({ done: true });
}

/** What goes wrong reaches the page as the Worker's error, which a promise's would not. */
const fail = (error) => setTimeout(() => { throw error; });

onmessage = ({ data }) => measure(data).catch(fail);
wasm_bindgen({ module_or_path: '/bench_bg.wasm' }).then(() => postMessage({ ready: true }), fail);
