// `cargo xtask demo --headless`: two browsers, a whole comparison and a whole picture check, and what each of them saw and did
// not see.
//
//   node scripts/demo.js http://localhost:8080

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { contextOptions, launch } from '../support/chromium.js';
import { agree, agreeOnModel, compare, meetByLink, meetToCheck, seven } from '../support/flow.js';
import { Party } from '../support/party.js';

const people = [
  { name: 'Alice', amount: '1,250.00', units: 125_000n },
  { name: 'Bob', amount: '980.00', units: 98_000n },
];
const answers = { you: 'You have more.', they: 'They have more.', equal: 'You have the same.' };
const model = readFileSync(join(import.meta.dirname, '../../static/models/digits.tacit'));

const browsers = await Promise.all(people.map(() => launch()));
try {
  await showComparison(await Promise.all(people.map(({ name }, index) => enter(name, browsers[index]))));
  await showCheck(await Promise.all(people.map(({ name }, index) => enter(name, browsers[index]))));
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
}

async function enter(name, browser) {
  const context = await browser.newContext(contextOptions);
  return new Party(name, await context.newPage(), process.argv[2]);
}

async function showComparison([alice, bob]) {
  await meetByLink(alice, bob);
  console.log(`Two browser processes met. Both show the words: ${await alice.words()}.`);
  await agree(alice, bob);
  await Promise.all([alice.tap(), bob.tap()]);
  const learned = await compare(alice, people[0].amount, bob, people[1].amount);
  const sent = [await alice.sent(), await bob.sent()];
  for (const [index, party] of [alice, bob].entries()) {
    const [me, other] = [people[index], people[1 - index]];
    const received = sent[1 - index];
    const bytes = Buffer.concat(received);
    const where = await revealed(party, bytes, other);
    console.log(`
${me.name} put in ${me.amount}
  saw:     ${answers[learned[index]]}
  got:     ${received.length} messages from ${other.name}, ${bytes.length} bytes: ${look(bytes)}
  not saw: ${where.length ? `FAILED: ${other.amount} is in ${where.join(' and ')}` : `${other.amount}, neither on the page nor in those bytes`}`);
    if (where.length || !received.length) process.exitCode = 1;
    complain(party);
  }
  if (learned.join() !== 'you,they') {
    console.error(`\nThe answer is wrong: ${learned.join(' and ')}`);
    process.exitCode = 1;
  }
}

async function showCheck([alice, bob]) {
  await meetToCheck(alice, bob);
  await Promise.all([alice.tap(), bob.tap()]);
  await agreeOnModel(alice, bob);
  await bob.draw(seven);
  const { width, data } = await bob.seen();
  const pixels = Buffer.from(data.filter((_, i) => i % 4 === 0));
  await bob.check();
  const learned = await Promise.all([alice.answer(), bob.answer()]);
  const [hers, his] = [await alice.sent(), await bob.sent()].map((messages) => Buffer.concat(messages));
  const sights = [
    [alice, 'the model “digits”', 'that there is an answer, and not which', his, 'a row of the drawing', rows(pixels, width)],
    [bob, 'a drawing of a seven', `“${learned[1]}”`, hers, 'a piece of the model', pieces(model)],
  ];
  console.log('\nThen a picture check: Alice has a model, Bob draws.');
  for (const [party, put, saw, got, secret, forms] of sights) {
    const leaks = forms.some((form) => got.includes(form));
    console.log(`
${party.name} put in ${put}
  saw:     ${saw}
  got:     ${got.length} bytes: ${look(got)}
  not saw: ${leaks ? `FAILED: ${secret} is in those bytes` : `${secret}: none of ${forms.length} is in those bytes`}`);
    if (leaks || !got.length || !forms.length) process.exitCode = 1;
    complain(party);
  }
  if (learned.join() !== 'nothing,7') {
    console.error(`\nThe answer is wrong: ${learned.join(' and ')}`);
    process.exitCode = 1;
  }
}

/** What should not have happened on a page. */
function complain(party) {
  party.complaints.forEach((complaint) => console.error(complaint));
  if (party.complaints.length) process.exitCode = 1;
}

/** The inked stretch of each row, as bytes and as the words that programs compute with, where it is long enough to be told from noise. */
function rows(pixels, width) {
  const all = Array.from({ length: pixels.length / width }, (_, y) => pixels.subarray(y * width, (y + 1) * width));
  const inked = all.map((row) => row.subarray(row.findIndex((p) => p > 0), row.findLastIndex((p) => p > 0) + 1));
  const long = inked.filter((row) => row.length >= 5);
  return [...long, ...long.map((row) => Buffer.from(Uint32Array.from(row).buffer))];
}

/** Pieces of a model file, weights and nothing of what the agreement shows: names stand before them, and zeros anywhere. */
function pieces(file) {
  const places = Array.from({ length: 64 }, (_, i) => 2_000 + i * Math.floor((file.length - 2_100) / 64));
  return places.map((at) => file.subarray(at, at + 16)).filter((piece) => new Set(piece).size > 8);
}

/** Where the other's amount can be read, in any form that a careless program would send. */
async function revealed(party, bytes, { amount, units }) {
  const little = Buffer.alloc(8);
  little.writeBigUInt64LE(units);
  // Leading zeros are no amount: two parties' noise may well contain some.
  const significant = little.subarray(0, 4);
  const forms = [significant, Buffer.from(significant).reverse(), amount, amount.replaceAll(',', ''), `${units}`];
  const found = forms.some((form) => bytes.includes(form)) ? ['the bytes'] : [];
  const page = await party.page.content();
  return [amount, amount.replaceAll(',', ''), `${units}`].some((text) => page.includes(text)) ? [...found, 'the page'] : found;
}

function look(bytes) {
  return `${bytes.subarray(0, 12).toString('hex').replace(/..(?=.)/g, '$& ')} …`;
}
