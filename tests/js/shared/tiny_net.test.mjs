import assert from "node:assert/strict";
import test from "node:test";

import { assertClose } from "../fakes.mjs";
import { backward, forward, makeAdam, makeNet, makeRandom, output } from "../../../vae_helpers/widgets/shared/tiny_net.js";

test("the same seed gives the same numbers, from 0 to 1", () => {
  const [a, b] = [makeRandom(1), makeRandom(1)];
  const drawn = Array.from({ length: 1000 }, a);
  assert.deepEqual(drawn, Array.from({ length: 1000 }, b));
  assert.ok(drawn.every((value) => value >= 0 && value < 1) && new Set(drawn).size > 990);
  assert.notEqual(makeRandom(2)(), drawn[0]);
});

test("two layers by hand: the ReLU cuts, and nothing is learned through what it cut", () => {
  const net = makeNet([1, 2, 1], makeRandom(0));
  net.weights.set([1, -1, 0, 0, 2, 3, 0.5]); // W1, b1, W2, b2
  const values = forward(net, Float32Array.of(2, -1));
  assertClose(values[1], [2, 0, 0, 1]);
  assertClose(output(net, Float32Array.of(2, -1)), [4.5, 3.5]);
  const { byWeights, byInput } = backward(net, values, Float32Array.of(1, 1));
  assertClose(byInput, [2, -3]);
  assertClose(byWeights, [4, -3, 2, 3, 2, 1, 2]);
});

test("Adam's first step is the rate, against the gradient's sign", () => {
  const net = makeNet([1, 1], makeRandom(0));
  net.weights.set([1, 1]);
  makeAdam(net, { rate: 0.1, betas: [0.9, 0.999] })(Float32Array.of(5, -0.01));
  assertClose(net.weights, [0.9, 1.1], 1e-5);
});
