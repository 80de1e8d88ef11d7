// Comparisons between two Chromium processes over loopback WebRTC, in the product's own compute worker. One JSON object a
// line.
//
// cold: from the channel's opening to the answer: set-up, agreement and comparison, with two people who do not think.
// warm: from the moment both amounts are in to the answer, with material in stock.
//
//   node bench/compare.js FOLDER    with what wasm-bindgen wrote for `tacit-bench-worker`

import { launch } from '../support/chromium.js';
import { Server } from '../support/server.js';
import { bare, worker } from './bare.js';

const [folder] = process.argv.slice(2);

const COLD_RUNS = 20;
const WARM_RUNS = 50;
/** Not counted: the compilers of a fresh browser are still at work. */
const WARM_UP = 3;

const server = await Server.start();
const browsers = await Promise.all([launch(), launch()]);
try {
  const pages = await Promise.all(browsers.map((browser) => bare(browser, server.url, folder, ['side.js'])));
  const cold = [];
  for (let run = -WARM_UP; run < COLD_RUNS; run += 1) {
    const pair = await connect(pages);
    const [outcome] = await compareOnce(pair, run);
    if (run >= 0) cold.push(outcome);
    await Promise.all(pair.map((side) => side.evaluate((side) => side.close())));
  }
  report('cold', cold, ({ cold }) => cold, ({ online, offline }) => [online, offline]);

  const pair = await connect(pages);
  const warm = [];
  for (let run = -WARM_UP; run < WARM_RUNS; run += 1) {
    await Promise.all(pair.map((side) => side.evaluate((side) => side.stocked())));
    const [outcome] = await compareOnce(pair, run);
    if (run >= 0) warm.push(outcome);
  }
  report('warm', warm, ({ warm }) => warm, ({ online }) => [online]);
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
  await server.stop();
}

/** Two sides with a connection that is about to open. */
async function connect([alice, bob]) {
  const script = worker();
  const begin = (page, seat) => page.evaluateHandle(([script, seat]) => globalThis.Side.start(script, seat), [script, seat]);
  const [hers, his] = await Promise.all([begin(alice, 'alice'), begin(bob, 'bob')]);
  const offer = await hers.evaluate((side) => side.describe());
  const answer = await his.evaluate((side, offer) => side.describe(offer), offer);
  await hers.evaluate((side, answer) => side.accept(answer), answer);
  return [hers, his];
}

/** Both compare once; what it cost each of them. The answer is checked, or the figure would mean nothing. */
async function compareOnce(pair, run) {
  const amounts = [1_000 + run, 1_000];
  const outcomes = await Promise.all(pair.map((side, index) => side.evaluate((side, amount) => side.compare(amount), amounts[index])));
  const right = run > 0 ? ['you', 'they'] : run < 0 ? ['they', 'you'] : ['equal', 'equal'];
  const answers = outcomes.map(({ order }) => order);
  if (answers.join() !== right.join()) throw new Error(`wrong answer: ${answers} instead of ${right}`);
  return outcomes;
}

function report(state, outcomes, time, costs) {
  const times = outcomes.map(time).sort((a, b) => a - b);
  const middle = Math.floor(times.length / 2);
  const median = times.length % 2 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  const sum = (field) => costs(outcomes.at(-1)).reduce((total, cost) => total + cost[field], 0);
  const line = {
    bench: 'compare',
    host: 'chromium',
    state,
    runs: times.length,
    ms_min: rounded(times[0]),
    ms_median: rounded(median),
    bytes_sent: sum('sent'),
    bytes_received: sum('received'),
    rounds: sum('rounds'),
  };
  console.log(JSON.stringify(line));
}

function rounded(milliseconds) {
  return Math.round(milliseconds * 100) / 100;
}
