// What the page starts as its compute worker: script first, then the program.
importScripts("./tacit-worker.js");
wasm_bindgen({ module_or_path: "./tacit-worker_bg.wasm" }).catch(() => postMessage({ kind: "missing" }));
