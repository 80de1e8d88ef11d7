// What the page starts to open one picture: script first, then the program, then the picture.
importScripts("./tacit-reader.js");
onmessage = async ({ data }) => {
  try {
    await wasm_bindgen({ module_or_path: "./tacit-reader_bg.wasm" });
    postMessage(wasm_bindgen.open(data));
  } catch {
    postMessage({});
  }
};
