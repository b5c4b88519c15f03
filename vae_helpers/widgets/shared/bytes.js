// What Python sends as bytes (DataViews), as numbers: the other side of codecs.py.

/** Bytes as floats; copied, because a view need not start at a multiple of 4. */
export function toFloats(bytes) {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** A picture's bytes, 255 for ink, as floats from 0 to 1. */
export function toInk(bytes) {
  return new Float32Array(bytes).map((value) => value / 255); // `from` with a function takes ten times as long
}
