// What the lessons start as a worker: their own program once more, script and wasm, from where the page has them.
onmessage = async ({ data: { script, program } }) => {
  onmessage = null;
  const { default: start } = await import(script);
  await start({ module_or_path: program });
};
