// The primitives below a comparison, in Chromium's Worker: the code that is measured natively, compiled to
// WebAssembly. One JSON object a line.
//
//   node bench/primitives.js FOLDER    with what wasm-bindgen wrote for `tacit-bench-worker`

import { launch } from '../support/chromium.js';
import { staged } from './stage.js';

const worker = `
  importScripts('/bench.js');
  wasm_bindgen({ module_or_path: '/bench_bg.wasm' })
    .then(() => {
      wasm_bindgen.run();
      postMessage('');
    })
    // As the Worker's error, which a promise's is not.
    .catch((error) => setTimeout(() => { throw error; }));`;

await staged(process.argv[2], worker, async (address) => {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.exposeFunction('line', (text) => console.log(text));
    await page.goto(address);
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
  }
});
