import assert from "node:assert/strict";
import test from "node:test";

import { toFloats, toInk } from "../../../vae_helpers/widgets/shared/bytes.js";

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

test("ink is 255 in a byte and 1 in a float", () => {
  assert.deepEqual([...toInk(Uint8Array.of(0, 51, 255))], [0, Math.fround(0.2), 1]);
});
