import assert from "node:assert/strict";
import { test } from "node:test";

import { assertClose } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/pen_decoder.js";

/** A pen of one state that reads x + y of the point before and z; all its numbers are told apart by the test. */
function weights({ embed = [1, 1, 0], input = 0, z = 0, head = [0, 0, 0, 0], bias = [0, 0, 0, 0] } = {}) {
  // GRU: three gates a number; the update gate is shut (a bias of -20), so the state is n = tanh(input * e + z * z1)
  const gru = [0, 0, input, 0, 0, z, 0, -20, 0, 0, 0, 0, 0, 0, 0];
  return Float32Array.from([...embed, ...gru, ...head, ...bias]);
}

const sizes = { embedding: 1, gru: { inputs: 2, size: 1 }, outputs: 4, blind: false, floor: 0.01 };
const points = (steps) => steps.map(({ point }) => point).flat();

test("it writes means, and sigmas times noise at a temperature", () => {
  const pen = w.makePen(sizes, weights({ bias: [0.25, 0.75, Math.log(0.04), Math.log(0.01)] }));
  assertClose(points(pen.write([0], [1, 1, -2, 0], 0)), [0.25, 0.75, 0.25, 0.75], 1e-7);
  const [first, second] = pen.write([0], [1, 1, -2, 0], 0.5);
  const sigma = [Math.sqrt(0.0401), Math.sqrt(0.0101)]; // the floor is added to the variance
  assertClose(first.sigma, sigma, 1e-7);
  assertClose(first.point, [0.25 + 0.5 * sigma[0], 0.75 + 0.5 * sigma[1]], 1e-7);
  assertClose(second.point, [0.25 - sigma[0], 0.75], 1e-7);
});

test("it reads what it wrote, or what it is given, and z at every step", () => {
  const pen = w.makePen(sizes, weights({ input: 1, z: 1, head: [1, 0, 0, 0] }));
  const one = Math.tanh(0.3);
  assertClose(points(pen.write([0.3], [0, 0, 0, 0], 0)), [one, 0, Math.tanh(one + 0.3), 0], 1e-6);
  const read = pen.read([0.3], [[0.5, 0.25], [9, 9]]);
  assertClose(read.map(({ mean }) => mean[0]), [one, Math.tanh(0.75 + 0.3)], 1e-6);
  assert.deepEqual(points(read), [0.5, 0.25, 9, 9]);
});

test("a blind one sees no point, nor the bias of its embedding", () => {
  const blind = w.makePen({ ...sizes, blind: true }, weights({ embed: [1, 1, 5], input: 1, z: 1, head: [1, 0, 0, 0] }));
  const means = blind.read([0.3], [[1, 1], [2, 2], [3, 3]]).map(({ mean }) => mean[0]);
  assertClose(means, Array(3).fill(Math.tanh(0.3)), 1e-6);
});


test("-log p of a Gaussian, in nats", () => {
  const steps = [{ mean: [0, 0], sigma: [1, 2], point: [1, 2] }, { mean: [0, 0], sigma: [1, 1], point: [0, 0] }];
  assertClose([w.nllOf(steps)], [2 * Math.log(2 * Math.PI) + Math.log(2) + 1]);
});
