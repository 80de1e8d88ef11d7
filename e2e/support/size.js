// What a visit loads, as it comes over the wire.

/** Page, WebAssembly, styles and scripts of a first load, in bytes of brotli. */
export const LIMIT = 350_000;
export const PROGRAM = ['text/html', 'text/css', 'text/javascript', 'application/wasm'];

/** Listens to everything that a context loads from now on; the function returned tells what came since it was called last. */
export function listen(context, page) {
  const finished = [];
  context.on('requestfinished', (request) => finished.push(request));
  return async () => {
    await page.waitForLoadState('networkidle');
    return Promise.all(finished.splice(0).map(measured));
  };
}

export function sum(files, kinds) {
  return files.filter(({ kind }) => !kinds || kinds.includes(kind)).reduce((bytes, file) => bytes + file.bytes, 0);
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
