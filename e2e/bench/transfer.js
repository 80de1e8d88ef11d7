// How much of a data channel's speed is left through a link: a page in Chromium, its channels in a Worker as in the product, and a
// native program, over loopback. Each direction in turn, bare and through the link, again and again on one connection; medians.
// One JSON object a line.
//
//   node bench/transfer.js FOLDER PROGRAM    with what wasm-bindgen wrote for `tacit-bench-worker`, and `bench_transfer`

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { contextOptions, launch } from '../support/chromium.js';
import { start } from '../support/programs.js';
import { staged } from './stage.js';

const [folder, program] = process.argv.slice(2);
const worker = readFileSync(join(import.meta.dirname, 'transfer-worker.js'));
const speeds = { 'browser to terminal': { bare: [], link: [] }, 'terminal to browser': { bare: [], link: [] } };

/** Keeps a speed that one side measured. */
function keep(direction, news) {
  for (const way of ['bare', 'link']) if (way in news) speeds[direction][way].push(news[way]);
}

await staged(folder, worker, async (address) => {
  const browser = await launch();
  const native = start(resolve(program), [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(native, 'exit');
  try {
    const page = await (await browser.newContext(contextOptions)).newPage();
    await page.exposeFunction('news', (news) => keep('browser to terminal', news));
    await page.goto(address);
    const side = await page.evaluateHandle(begin);
    await Promise.all([side.evaluate((side) => side.done), follow(native, side)]);
    const [code] = await gone;
    if (code !== 0) throw new Error(`the native side ended with ${code}`);
  } finally {
    native.kill('SIGKILL');
    await browser.close();
  }
});

/** Carries what the native side says to the page, and the page's answer back. */
async function follow(native, side) {
  for await (const line of createInterface({ input: native.stdout })) {
    const news = JSON.parse(line);
    keep('terminal to browser', news);
    if (news.offer) {
      const answer = await side.evaluate((side, offer) => side.answer(offer), news.offer);
      native.stdin.write(`${JSON.stringify({ answer })}\n`);
    }
    if (news.candidate) await side.evaluate((side, candidate) => side.reach(candidate), news.candidate);
  }
}

for (const [direction, ways] of Object.entries(speeds)) {
  const [bare, link] = [median(ways.bare), median(ways.link)];
  // Of each round by itself: what else the machine does changes over the whole more than within a round.
  const ratio = median(ways.link.map((speed, round) => speed / ways.bare[round]));
  const figures = { bare_mb_per_s: rounded(bare), link_mb_per_s: rounded(link), ratio: rounded(ratio) };
  console.log(JSON.stringify({ bench: 'transfer', direction, runs: ways.link.length, ...figures }));
}

/** In the page: a connection whose channels go to the Worker. */
async function begin() {
  const worker = new Worker('/worker.js');
  const broken = new Promise((_, reject) => (worker.onerror = (event) => reject(new Error(event.message))));
  const told = (word) => {
    const waits = new Promise((resolve) => worker.addEventListener('message', ({ data }) => word in data && resolve()));
    return Promise.race([waits, broken]);
  };
  worker.addEventListener('message', ({ data }) => globalThis.news(data));
  const done = told('done');
  await told('ready');
  const connection = new RTCPeerConnection();
  // In the task that makes them, or they cannot be transferred.
  const [link, bare] = ['link', 'bare'].map((name, id) => connection.createDataChannel(name, { negotiated: true, id }));
  worker.postMessage({ link, bare }, [link, bare]);
  return {
    done,
    async answer(sdp) {
      await connection.setRemoteDescription({ type: 'offer', sdp });
      await connection.setLocalDescription();
      const { sdp: first } = connection.localDescription;
      if (connection.iceGatheringState === 'complete') return first;
      await new Promise((resolve) => {
        connection.onicegatheringstatechange = () => connection.iceGatheringState === 'complete' && resolve();
      });
      return connection.localDescription.sdp;
    },
    reach: (candidate) => connection.addIceCandidate({ candidate, sdpMLineIndex: 0 }),
  };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function rounded(value) {
  return Math.round(value * 100) / 100;
}
