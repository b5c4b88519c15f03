import assert from "node:assert/strict";
import { test } from "node:test";

import { makePointGRU, weightsOf } from "../../../vae_helpers/widgets/shared/point_gru.js";

const SIZES = { embedding: 3, gru: { inputs: 5, size: 2 }, outputs: 4 };

test("so many weights, each for one part", () => {
  assert.equal(weightsOf(SIZES), 3 * 2 + 3 + 6 * 5 + 6 + 6 * 2 + 6 + 2 * 4 + 4);
  const weights = new Float32Array(weightsOf(SIZES));
  weights.set([1, 2, 3], 6); // the embedding's biases
  weights.set([4, 5, 6, 7], weights.length - 4); // the answer's
  const { embed, cell, answer } = makePointGRU(SIZES, weights);
  assert.deepEqual([...embed([9, 9])], [1, 2, 3]);
  assert.deepEqual([...cell.step([9, 9, 9, 9, 9], cell.start())], [0, 0]); // none of these are its
  assert.deepEqual([...answer([9, 9])], [4, 5, 6, 7]);
});

test("weights that don't fit", () => {
  for (const count of [weightsOf(SIZES) - 1, weightsOf(SIZES) + 1]) {
    const message = new RegExp(`${count} weights came, the GRU of points holds ${weightsOf(SIZES)}`);
    assert.throws(() => makePointGRU(SIZES, new Float32Array(count)), message);
  }
});
