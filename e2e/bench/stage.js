// A page of nothing but a Worker with what wasm-bindgen wrote for `tacit-bench-worker`, on loopback.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Serves the page with `worker` as its `/worker.js` while `use` is given the page's address. */
export async function staged(folder, worker, use) {
  const files = {
    '/': ['text/html', '<!doctype html><title>Measuring</title>'],
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
  try {
    await use(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
