// What a first visit loads, as it comes over the wire: the home screen, and what the first session adds to it (the
// worker). One JSON object a line: each file, and the sums of what the limit is about.

import { contextOptions, launch } from '../support/chromium.js';
import { Party } from '../support/party.js';
import { Server } from '../support/server.js';

/** Page, WebAssembly, styles and scripts, in bytes of brotli. */
const LIMIT = 350_000;
const PROGRAM = ['text/html', 'text/css', 'text/javascript', 'application/wasm'];

const server = await Server.start();
const browser = await launch();
try {
  const context = await browser.newContext(contextOptions);
  const page = await context.newPage();
  const finished = [];
  context.on('requestfinished', (request) => finished.push(request));
  const visitor = new Party('Visitor', page, server.url);
  await visitor.open();
  await visitor.at('home');
  const first = await arrived(page, finished);
  await visitor.press('Start, and invite someone');
  await visitor.byTestId('invite-code').waitFor();
  const later = await arrived(page, finished);
  for (const file of first) print({ ...file, when: 'first load' });
  for (const file of later) print({ ...file, when: 'first session' });
  print({ file: 'first load: page, styles, scripts, wasm', bytes: sum(first, PROGRAM), limit: LIMIT });
  print({ file: 'first load: everything', bytes: sum(first) });
  print({ file: 'first load and first session: page, styles, scripts, wasm', bytes: sum([...first, ...later], PROGRAM) });
} finally {
  await browser.close();
  await server.stop();
}

/** Everything that has finished since the last call, once the line is quiet. */
async function arrived(page, finished) {
  await page.waitForLoadState('networkidle');
  return Promise.all(finished.splice(0).map(measured));
}

function sum(files, kinds) {
  return files.filter(({ kind }) => !kinds || kinds.includes(kind)).reduce((bytes, file) => bytes + file.bytes, 0);
}

function print(line) {
  console.log(JSON.stringify({ bench: 'size', ...line }));
}

async function measured(request) {
  const response = await request.response();
  const headers = await response.allHeaders();
  // The browser does not tell the size of a worker's own script; the server does.
  const bytes = Number(headers['content-length']) || (await request.sizes()).responseBodySize;
  return {
    file: new URL(request.url()).pathname,
    kind: (headers['content-type'] ?? '').split(';')[0],
    encoding: headers['content-encoding'] ?? 'none',
    bytes,
  };
}
