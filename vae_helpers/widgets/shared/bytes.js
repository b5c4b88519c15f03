// What Python sends as bytes (DataViews), as numbers: the other side of codecs.py.

/** Bytes as floats; copied, because a view need not start at a multiple of 4. */
export function toFloats(bytes) {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Weights, which Python sends in half precision where nothing is lost by it. */
export function toWeights(bytes, half) {
  return half ? halvesToFloats(bytes) : toFloats(bytes);
}

/** A picture's bytes, 255 for ink, as floats from 0 to 1. */
export function toInk(bytes) {
  return new Float32Array(bytes).map((value) => value / 255); // `from` with a function takes ten times as long
}

/** Bytes of half precision as floats: a sign, 5 bits of an exponent and 10 of a fraction. Infinity and NaN never come. */
export function halvesToFloats(bytes) {
  const halves = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const [exponent, fraction] = [(halves[i] >> 10) & 31, halves[i] & 1023];
    const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
    floats[i] = halves[i] & 0x8000 ? -size : size;
  }
  return floats;
}
