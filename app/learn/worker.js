// What the lessons start as a worker: their own program once more, script and wasm, from where the page has them.
onmessage = async ({ data: { script, program } }) => {
  onmessage = null;
  const lessons = await import(script);
  await lessons.default({ module_or_path: program });
};
