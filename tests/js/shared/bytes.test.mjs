import assert from "node:assert/strict";
import test from "node:test";

import { halvesToFloats, toFloats, toInk, toWeights } from "../../../vae_helpers/widgets/shared/bytes.js";

test("bytes become floats wherever in their buffer they begin, and are copied", () => {
  for (const offset of [0, 1, 3, 4]) {
    const bytes = new DataView(new ArrayBuffer(offset + 8 + 5), offset, 8);
    bytes.setFloat32(0, 1.5, true);
    bytes.setFloat32(4, -0.25, true);
    const floats = toFloats(bytes);
    bytes.setFloat32(0, 99, true);
    assert.deepEqual([...floats], [1.5, -0.25]);
  }
  assert.equal(toFloats(new DataView(new ArrayBuffer(0))).length, 0);
});

test("weights are read as Python sent them", () => {
  const [whole, half] = [new DataView(new ArrayBuffer(4)), new DataView(new ArrayBuffer(4))];
  whole.setFloat32(0, 1.5, true);
  half.setUint16(2, 0x3e00, true);
  assert.deepEqual([[...toWeights(whole, false)], [...toWeights(half, true)]], [[1.5], [0, 1.5]]);
});

test("ink is 255 in a byte and 1 in a float", () => {
  assert.deepEqual([...toInk(Uint8Array.of(0, 51, 255))], [0, Math.fround(0.2), 1]);
});

test("half precision becomes floats: ones, the smallest, the largest, zeros of both signs", () => {
  const halves = { 0x3c00: 1, 0xc000: -2, 0x3555: 0.333251953125, 0x0001: 2 ** -24, 0x83ff: -1023 * 2 ** -24 };
  Object.assign(halves, { 0x0400: 2 ** -14, 0x7bff: 65504, 0x0000: 0, 0x8000: -0 });
  for (const offset of [0, 1]) {
    const names = Object.keys(halves).map(Number);
    const bytes = new DataView(new ArrayBuffer(offset + 2 * names.length), offset);
    names.forEach((half, i) => bytes.setUint16(2 * i, half, true));
    assert.deepEqual([...halvesToFloats(bytes)], names.map((half) => halves[half]));
  }
});
