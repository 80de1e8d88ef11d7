// What the page starts as its compute worker: script first, then the program, which the page has compiled.
importScripts("./tacit-worker.js");
onmessage = ({ data: { program } }) => {
  wasm_bindgen({ module_or_path: program }).catch(() => postMessage({ kind: "missing" }));
};
