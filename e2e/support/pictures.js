// Pictures for the checks: digits as strokes of a mouse, and picture files made byte by byte.

import { deflateSync } from 'node:zlib';

import { seven } from './flow.js';

/** Points on an arc of an ellipse, angles in degrees: 0 is right, 90 is down. */
function arc(x, y, rx, ry, from, to) {
  const steps = Math.max(4, Math.ceil(Math.abs(to - from) / 20));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180;
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  });
}

/** The ten digits as people write them, each a list of strokes, from 0 to 1. */
export const digits = [
  [arc(0.5, 0.5, 0.2, 0.31, -80, 280)],
  [[[0.55, 0.18], [0.47, 0.82]]],
  [[...arc(0.49, 0.35, 0.19, 0.17, -170, 40), [0.28, 0.8], [0.74, 0.79]]],
  [[...arc(0.48, 0.34, 0.18, 0.15, -160, 80), ...arc(0.48, 0.65, 0.2, 0.17, -80, 150)]],
  [[[0.32, 0.2], [0.27, 0.52], [0.72, 0.51]], [[0.66, 0.2], [0.6, 0.84]]],
  [[[0.7, 0.2], [0.36, 0.21], [0.33, 0.46], ...arc(0.47, 0.62, 0.2, 0.18, -110, 150)]],
  [[[0.6, 0.17], [0.42, 0.35], [0.33, 0.58], ...arc(0.49, 0.66, 0.17, 0.15, 180, -180)]],
  seven,
  [[...arc(0.5, 0.34, 0.15, 0.14, -60, -270), ...arc(0.5, 0.65, 0.18, 0.17, -90, 270), ...arc(0.5, 0.34, 0.15, 0.14, 90, -60)]],
  [[...arc(0.48, 0.36, 0.17, 0.16, -20, -380), [0.63, 0.5], [0.56, 0.83]]],
];

/** The check of a PNG chunk; zlib's own is not in every Node 20. */
function crc32(bytes) {
  let check = ~0;
  for (const byte of bytes) {
    check ^= byte;
    for (let bit = 0; bit < 8; bit += 1) check = (check >>> 1) ^ (check & 1 ? 0xedb88320 : 0);
  }
  return ~check >>> 0;
}

function chunk(name, content) {
  const named = Buffer.concat([Buffer.from(name), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

/** A grey PNG file of `width` × `height` that holds `rows`, whether or not these are as many. */
function pngOf(width, height, rows, further = []) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits of grey.
  header[8] = 8;
  const chunks = [chunk('IHDR', header), ...further, chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
}

/** A grey PNG file; `grey(x, y)` is from 0 to 255. */
export function png(width, height, grey) {
  // Before each row: not filtered.
  const row = (y) => [0, ...Array.from({ length: width }, (_, x) => grey(x, y))];
  return pngOf(width, height, Buffer.from(Array.from({ length: height }, (_, y) => row(y)).flat()));
}

/** A small PNG file that says it is a large picture. */
export const pngThatClaims = (width, height) => pngOf(width, height, Buffer.alloc(0));

/** A PNG file of one black pixel that says it moves. */
export function apng(frames) {
  const animation = Buffer.alloc(8);
  animation.writeUInt32BE(frames);
  return pngOf(1, 1, Buffer.from([0, 0]), [chunk('acTL', animation)]);
}

/** A GIF file of one black pixel, `frames` times. */
export function gif(frames) {
  const screen = Buffer.from([...Buffer.from('GIF89a'), 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
  const frame = Buffer.from([0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]);
  return Buffer.concat([screen, ...Array(frames).fill(frame), Buffer.from([0x3b])]);
}

/** A dark shoe, seen from its side, on white paper: a PNG file. */
export function shoe() {
  const outline = [
    [172, 40], [178, 66], [180, 100], [20, 100], [22, 86], [40, 78], [70, 68], [98, 50], [112, 36], [124, 44], [148, 48],
  ];
  const isInside = (x, y) => {
    const crosses = ([ax, ay], i) => {
      const [bx, by] = outline[(i + 1) % outline.length];
      return ay > y !== by > y && x < ax + ((bx - ax) * (y - ay)) / (by - ay);
    };
    return outline.filter(crosses).length % 2 === 1;
  };
  return png(200, 140, (x, y) => (isInside(x + 0.5, y + 0.5) ? 50 : 255));
}
