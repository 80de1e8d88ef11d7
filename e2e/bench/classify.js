// Picture checks between two Chromium processes over loopback WebRTC, in the product's own compute worker. One JSON object a
// line.
//
//   node bench/classify.js SCRIPT FOLDER
//
// SCRIPT is the folder with what wasm-bindgen wrote for `tacit-bench-worker`. FOLDER has models and pictures with the labels that the oracle gives them (`write_models bench`). cold_ms: from the channel's
// opening to the answer, on a new connection with two people who do not think. prepare_ms: from the agreement to material in stock;
// online_ms: from both inputs to the answer; on a pairing that is set up. Medians, as the picture's owner saw them. batch: pictures
// in a round; times and bytes are those of the whole round. peak_mb: the memory of the larger worker's program, which is the
// most that it ever had, for that of WebAssembly never shrinks.

import { join } from 'node:path';
import { readFileSync } from 'node:fs';

import { launch } from '../support/chromium.js';
import { Server } from '../support/server.js';
import { bare, worker } from './bare.js';

const [script, folder] = process.argv.slice(2);
/** Models, pictures in a round, connections that are measured cold, and warm rounds on the last one. */
const RUNS = [
  ['m1', 1, 10, 20],
  ['m1', 16, 3, 8],
  ['m2', 1, 3, 5],
  ['digits', 1, 10, 20],
  ['clothes', 1, 10, 20],
];
/** Rounds that are not counted: the compilers of a fresh browser are still at work. */
const WARM_UP = 3;

const server = await Server.start();
try {
  for (const [model, batch, cold, warm] of RUNS) await measure(model, batch, cold, warm);
} finally {
  await server.stop();
}

async function measure(model, batch, coldRuns, warmRuns) {
  const given = { ...read(model), batch };
  const browsers = await Promise.all([launch(), launch()]);
  try {
    const pages = await Promise.all(browsers.map((browser) => bare(browser, server.url, script, ['side.js', 'checker.js'])));
    const cold = [];
    await run(await connect(pages, given), given, WARM_UP);
    for (let i = 0; i < coldRuns; i += 1) cold.push((await run(await connect(pages, given), given, 1))[0]);
    let peak = 0;
    const look = async () => (peak = Math.max(...(await Promise.all(pages.map(memory)))));
    const warm = (await run(await connect(pages, given), given, 1 + WARM_UP + warmRuns, look)).slice(1 + WARM_UP);
    const last = warm.at(-1);
    const before = warm.at(-2);
    const both = ({ sent, received }) => sent + received;
    const line = {
      bench: 'classify',
      model,
      host: 'chromium',
      batch,
      runs: warm.length,
      cold_ms: median(cold.map(({ cold }) => cold)),
      prepare_ms: median(warm.map(({ prepare }) => prepare)),
      online_ms: median(warm.map(({ ms }) => ms)),
      bytes_prepare: both(last.offline) - both(before.offline),
      bytes_online: both(last.online),
      rounds_online: last.online.rounds,
      peak_mb: Math.round(peak / 1e5) / 10,
    };
    console.log(JSON.stringify(line));
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()));
  }
}

/** A model and its pictures, as the worker takes them. */
function read(model) {
  const { channels, height, width, pictures } = JSON.parse(readFileSync(join(folder, `${model}.json`), 'utf8'));
  return {
    model: readFileSync(join(folder, `${model}.tacit`), 'base64'),
    labels: pictures.map(({ label }) => label),
    pictures: pictures.map(({ pixels }) => ({ channels, height, width, pixels })),
  };
}

/** Two sides with a connection that is about to open. */
async function connect([alice, bob], { model, pictures, batch }) {
  const begin = (page, seat) =>
    page.evaluateHandle(([script, seat]) => globalThis.Checker.start(script, seat), [worker(), seat]);
  const [hers, his] = await Promise.all([begin(alice, 'alice'), begin(bob, 'bob')]);
  await Promise.all([
    hers.evaluate((side, given) => side.give(given), { model, batch }),
    his.evaluate((side, given) => side.give(given), { pictures, batch }),
  ]);
  const offer = await hers.evaluate((side) => side.describe());
  const answer = await his.evaluate((side, offer) => side.describe(offer), offer);
  await hers.evaluate((side, answer) => side.accept(answer), answer);
  return [hers, his];
}

/** Bytes that the program of a page's worker has. */
async function memory(page) {
  const [worker] = page.workers();
  return worker.evaluate(async () => (await wasm_bindgen()).memory.buffer.byteLength);
}

/**
 * So many checks; what each cost the picture's owner. The labels are checked, or the figures would mean nothing. `look` is
 * called before the connection is closed.
 */
async function run(pair, { labels, batch }, rounds, look) {
  const [, results] = await Promise.all(pair.map((side) => side.evaluate((side, rounds) => side.check(rounds), rounds)));
  const told = results.flatMap(({ answer }) => answer.predictions.map(({ labels }) => labels.ranked[0]));
  const wanted = Array.from({ length: batch * rounds }, (_, i) => labels[i % labels.length]);
  if (`${told}` !== `${wanted}`) throw new Error(`labels ${told} instead of ${wanted}`);
  await look?.();
  await Promise.all(pair.map((side) => side.evaluate((side) => side.close())));
  return results;
}

function median(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)] * 10) / 10;
}
