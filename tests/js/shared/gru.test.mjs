import assert from "node:assert/strict";
import test from "node:test";

import { assertClose } from "../fakes.mjs";
import { makeGRU } from "../../../vae_helpers/widgets/shared/gru.js";

const sigmoid = (value) => 1 / (1 + Math.exp(-value));
const cell = (inputs, size, weights) => makeGRU({ inputs, size }, Float32Array.from(weights));

test("one step of a state of one number, by hand", () => {
  // the gates r, z, n: weights of the input, biases, weights of the state, biases
  const { step } = cell(1, 1, [1, 2, 3, 0.1, 0.2, 0.3, 4, 5, 6, 0.4, 0.5, 0.6]);
  const [x, h] = [0.5, -0.25];
  const r = sigmoid(x + 0.1 + 4 * h + 0.4);
  const z = sigmoid(2 * x + 0.2 + 5 * h + 0.5);
  const n = Math.tanh(3 * x + 0.3 + r * (6 * h + 0.6)); // the gate is outside the bracket: PyTorch's form
  assertClose(step([x], [h]), [(1 - z) * n + z * h], 1e-6);
});

test("without weights half of the state is kept", () => {
  const { start, step } = cell(2, 3, Array(3 * 3 * (2 + 3 + 2)).fill(0));
  assert.deepEqual([...start()], [0, 0, 0]);
  assertClose(step([7, 8], [1, -2, 0.5]), [0.5, -1, 0.25]);
});

test("each input has the weights of its own row, whatever their number", () => {
  for (const inputs of [1, 3, 4, 5, 9]) {
    // only the gate n sees an input, and only its k-th; z is 0, so the new state is n
    for (let k = 0; k < inputs; k++) {
      const weights = Array(3 * inputs + 3 + 3 + 3).fill(0);
      weights[3 * k + 2] = 1;
      weights[3 * inputs + 1] = -40;
      const x = Array.from({ length: inputs }, (_, i) => (i + 1) / 10);
      assertClose(cell(inputs, 1, weights).step(x, [0]), [Math.tanh((k + 1) / 10)], 1e-6);
    }
  }
});

test("a step leaves what it was given as it was", () => {
  const { start, step } = cell(1, 2, Array(3 * 2 * (1 + 2 + 2)).fill(0.5));
  const [x, h] = [[1], start()];
  const first = step(x, h);
  assert.deepEqual([...step(x, h)], [...first]);
  assert.deepEqual([x, [...h]], [[1], [0, 0]]);
});

test("weights and inputs that don't fit", () => {
  assert.throws(() => cell(2, 2, Array(35).fill(0)), /35 weights came, the GRU holds 36/);
  assert.throws(() => cell(1, 1, Array(12).fill(0)).step([1, 2], [0]), /the GRU takes 1 values, got 2/);
});
