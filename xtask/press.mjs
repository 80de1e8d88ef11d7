// Compresses the large files of the built page once, as well as brotli can, so that the server need not at every start:
// `NAME.br` beside `NAME`.
//
//   node press.mjs FOLDER

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const LARGE = 16_384;
const PACKED = /\.(br|woff2|png|jpg|webp|avif)$/;

const [folder] = process.argv.slice(2);
const names = await readdir(folder, { recursive: true, withFileTypes: true });
const files = names.filter((entry) => entry.isFile() && !PACKED.test(entry.name));
await Promise.all(files.map((entry) => press(join(entry.parentPath ?? entry.path, entry.name))));

async function press(path) {
  const bytes = await readFile(path);
  if (bytes.length < LARGE) return;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: 22,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes, { params }));
}
