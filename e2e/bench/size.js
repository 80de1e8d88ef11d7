// What a first visit loads, as it comes over the wire: home, and on to the first invite, so that everything a session
// needs is in. One JSON object a line: each file, the sum, and the sum of what the limit is about.

import { contextOptions, launch } from '../support/chromium.js';
import { Party } from '../support/party.js';
import { Server } from '../support/server.js';

/** Page, WebAssembly, styles and scripts, in bytes of brotli. */
const LIMIT = 350_000;

const server = await Server.start();
const browser = await launch();
try {
  const context = await browser.newContext(contextOptions);
  const page = await context.newPage();
  const finished = [];
  context.on('requestfinished', (request) => finished.push(request));
  await new Party('Visitor', page, server.url).invite();
  await page.waitForLoadState('networkidle');
  const files = [];
  for (const request of finished) files.push(await measured(request));
  for (const file of files) console.log(JSON.stringify({ bench: 'size', ...file }));
  const sum = (list) => list.reduce((bytes, file) => bytes + file.bytes, 0);
  const program = files.filter(({ kind }) => ['text/html', 'text/css', 'text/javascript', 'application/wasm'].includes(kind));
  console.log(JSON.stringify({ bench: 'size', file: 'everything', bytes: sum(files) }));
  console.log(JSON.stringify({ bench: 'size', file: 'page, styles, scripts, wasm', bytes: sum(program), limit: LIMIT }));
} finally {
  await browser.close();
  await server.stop();
}

async function measured(request) {
  const response = await request.response();
  const headers = await response.allHeaders();
  const { responseBodySize } = await request.sizes();
  return {
    file: new URL(request.url()).pathname,
    kind: (headers['content-type'] ?? '').split(';')[0],
    encoding: headers['content-encoding'] ?? 'none',
    bytes: responseBodySize,
  };
}
