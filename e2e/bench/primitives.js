// The primitives below a comparison, in Chromium's Worker: the code that is measured natively, compiled to
// WebAssembly. One JSON object a line.
//
//   node bench/primitives.js FOLDER    with what wasm-bindgen wrote for `tacit-bench-worker`

import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { launch } from '../support/chromium.js';

const folder = process.argv[2];
const worker = `
  importScripts('/bench.js');
  wasm_bindgen({ module_or_path: '/bench_bg.wasm' }).then(() => {
    wasm_bindgen.run();
    postMessage('');
  });`;
const files = {
  '/': ['text/html', '<!doctype html><title>Primitives</title>'],
  '/worker.js': ['text/javascript', worker],
  '/bench.js': ['text/javascript', readFileSync(join(folder, 'bench.js'))],
  '/bench_bg.wasm': ['application/wasm', readFileSync(join(folder, 'bench_bg.wasm'))],
};

const server = createServer(({ url }, response) => {
  const [type, body] = files[url] ?? ['text/plain', ''];
  // Isolated like the product's page, which sharpens the clock.
  const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  response.writeHead(url in files ? 200 : 404, { 'Content-Type': type, ...isolation }).end(body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const browser = await launch();
try {
  const page = await browser.newPage();
  await page.exposeFunction('line', (text) => console.log(text));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const worker = new Worker('/worker.js');
        worker.onerror = (event) => reject(new Error(event.message));
        worker.onmessage = ({ data }) => (data ? globalThis.line(data) : resolve());
      }),
  );
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
