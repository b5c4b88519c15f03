import assert from "node:assert/strict";
import test from "node:test";

import { assertClose } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/information.js";

test("entropy in nats, whatever the counts sum to", () => {
  assertClose([w.entropyOf([5, 5]), w.entropyOf([7, 0]), w.entropyOf([1, 1, 2])], [Math.log(2), 0, 1.5 * Math.log(2)]);
});

test("bins of equal width from the smallest value to the largest, which is in the last", () => {
  assert.deepEqual([...w.binned([-1, -0.5, 0, 0.49, 0.5, 1], 4)], [0, 1, 2, 2, 3, 3]);
  assert.deepEqual([...w.binned([3, 3, 3], 4)], [0, 0, 0]); // a latent that is always the same
});

test("a latent that is a factor tells all of it, and nothing of one that is independent", () => {
  const factors = [[0, 0, 1, 1], [0, 1, 0, 1]].map(w.asFactor);
  assert.deepEqual(factors.map(({ size }) => size), [2, 2]);
  assertClose(w.informationOf([0.1, 0.1, 0.7, 0.7], factors, 20), [Math.log(2), 0]);
  assertClose(w.informationOf([0, 1, 2, 3], factors, 20), [Math.log(2), Math.log(2)]);
  assertClose(w.informationOf([0, 1, 2, 3], factors, 2), [Math.log(2), 0]);
});

test("how far the best latent is ahead of the next, as a share of the entropy", () => {
  const gaps = w.gapsOf([[0.1, 0.5], [0.6, 0.5], [0.2, 0]], [{ entropy: 1 }, { entropy: 2 }]);
  assert.deepEqual(gaps.map(({ best }) => best), [1, 0]);
  assertClose(gaps.map(({ first }) => first), [0.6, 0.25]);
  assertClose(gaps.map(({ second }) => second), [0.2, 0.25]);
  assertClose([...gaps.map(({ gap }) => gap), w.meanGap(gaps)], [0.4, 0, 0.2]);
});
