import assert from "node:assert/strict";
import test from "node:test";

import { assertClose, FakeModel } from "../fakes.mjs";
import { readDigits } from "../../../vae_helpers/widgets/shared/tiny_digits.js";

const halves = (values) => new DataView(Uint16Array.from(values, (value) => ({ 0: 0, 1: 0x3c00, 2: 0x4000 })[value]).buffer);

test("a picture is the mean and so much of each direction, from 0 to 1", () => {
  const traits = { numbers: halves([1, 1, 1, 1]), directions: halves([1, ...Array(2 * 784 - 1).fill(0)]), mean: halves(Array(784).fill(1)) };
  const digits = readDigits(new FakeModel(traits));
  assert.equal(digits.size, 2);
  assertClose(digits.batch(3), [1, 1, 1, 1, 1, 1]);
  const picture = digits.picture([-0.5, 7]);
  assertClose([picture[0], picture[1]], [0.5, 1]);
  assert.equal(digits.picture([2, 0])[0], 1);
});
