// `cargo xtask demo --headless`: two browsers, a whole comparison, and what each of them saw and did not see.
//
//   node scripts/demo.js http://localhost:8080

import { contextOptions, launch } from '../support/chromium.js';
import { agree, compare, meetByLink } from '../support/flow.js';
import { Party } from '../support/party.js';

const people = [
  { name: 'Alice', amount: '1,250.00', units: 125_000n },
  { name: 'Bob', amount: '980.00', units: 98_000n },
];
const answers = { you: 'You have more.', they: 'They have more.', equal: 'You have the same.' };

const browsers = await Promise.all(people.map(() => launch()));
try {
  const parties = await Promise.all(people.map(({ name }, index) => enter(name, browsers[index])));
  await show(parties);
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
}

async function enter(name, browser) {
  const context = await browser.newContext(contextOptions);
  return new Party(name, await context.newPage(), process.argv[2]);
}

async function show([alice, bob]) {
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
    party.complaints.forEach((complaint) => console.error(complaint));
    if (party.complaints.length) process.exitCode = 1;
  }
  if (learned.join() !== 'you,they') {
    console.error(`\nThe answer is wrong: ${learned.join(' and ')}`);
    process.exitCode = 1;
  }
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
