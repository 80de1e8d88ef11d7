// What a first visit loads, as it comes over the wire: the home screen, and what the first session adds to it (the
// worker). One JSON object a line: each file, and the sums of what the limit is about.

import { contextOptions, launch } from '../support/chromium.js';
import { Party } from '../support/party.js';
import { Server } from '../support/server.js';
import { LIMIT, PROGRAM, listen, sum } from '../support/size.js';

const server = await Server.start();
const browser = await launch();
try {
  const context = await browser.newContext(contextOptions);
  const page = await context.newPage();
  const arrived = listen(context, page);
  const visitor = new Party('Visitor', page, server.url);
  await visitor.open();
  await visitor.at('home');
  const first = await arrived();
  await visitor.press('Start, and invite someone');
  await visitor.byTestId('invite-code').waitFor();
  const later = await arrived();
  for (const file of first) print({ ...file, when: 'first load' });
  for (const file of later) print({ ...file, when: 'first session' });
  print({ file: 'first load: page, styles, scripts, wasm', bytes: sum(first, PROGRAM), limit: LIMIT });
  print({ file: 'first load: everything', bytes: sum(first) });
  print({ file: 'first load and first session: page, styles, scripts, wasm', bytes: sum([...first, ...later], PROGRAM) });
} finally {
  await browser.close();
  await server.stop();
}

function print(line) {
  console.log(JSON.stringify({ bench: 'size', ...line }));
}
