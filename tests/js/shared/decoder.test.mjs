import assert from "node:assert/strict";
import test from "node:test";

import { assertClose } from "../fakes.mjs";
import { connectBrowser, makeDecoder, makeNetwork } from "../../../vae_helpers/widgets/shared/decoder.js";

const sigmoid = (values) => values.map((value) => 1 / (1 + Math.exp(-value)));
const linear = (inputs, outputs) => ({ type: "linear", inputs, outputs });
const decode = (layers, weights, z) => makeDecoder(layers, Float32Array.from(weights))(z);

test("a small network, by hand", () => {
  const layers = [linear(2, 3), { type: "relu" }, linear(3, 1)];
  // [1, 2] -> [1 + 1, -1 + 2, 0 - 4 + 1] -> relu [2, 1, 0] -> 2 - 1.5 + 0 + 0.25
  const weights = [1, -1, 0, 0.5, 1, -2, 0, 0, 1, 1, -1.5, 7, 0.25];
  assertClose(decode(layers, weights, [1, 2]), sigmoid([0.75]), 1e-6);
});

test("a linear layer's weights come as (inputs, outputs), and zeros among its inputs change nothing", () => {
  const weights = [1, 2, 3, 4, 0.5, -1];
  assertClose(decode([linear(2, 2)], weights, [1, -1]), sigmoid([-1.5, -3]), 1e-6);
  assertClose(decode([linear(2, 2)], weights, [0, 1]), sigmoid([3.5, 3]), 1e-6);
  assertClose(decode([linear(2, 2)], weights, [0, 0]), sigmoid([0.5, -1]), 1e-6);
});

test("layernorm, by hand", () => {
  const identity = [1, 0, 0, 1, 0, 0];
  const norm = (eps, z) => decode([linear(2, 2), { type: "layernorm", size: 2, eps }], [...identity, 2, 3, 0.5, -1], z);
  assertClose(norm(0, [1, 3]), sigmoid([-1.5, 2]), 1e-6); // mean 2, variance 1: [-1, 1] times [2, 3] plus [0.5, -1]
  assertClose(norm(3, [1, 3]), sigmoid([-0.5, 0.5]), 1e-6); // over the root of 1 + 3
  assertClose(norm(1e-5, [7, 7]), sigmoid([0.5, -1]), 1e-6); // no variance: only the bias is left
});

test("a decoder can be called again, with any kind of list, and stays between 0 and 1", () => {
  const run = makeDecoder([linear(1, 2)], Float32Array.of(1000, -1000, 0, 0));
  const z = Float32Array.of(1);
  assert.deepEqual([...run(z)], [1, 0]);
  assert.deepEqual([...run([1])], [1, 0]);
  assert.deepEqual([...z], [1]);
});

test("a network gives its last layer as it is, for an encoder", () => {
  const run = makeNetwork([linear(2, 2), { type: "relu" }, linear(2, 1)], Float32Array.of(1, -1, 0, 1, 0, 0, 3, 5, -20));
  assert.deepEqual([...run([2, -1])], [-14]); // [2, -3] -> relu [2, 0] -> 6 - 20
  assert.deepEqual([...run(Float32Array.of(0, 2))], [-10]);
});

test("what the browser computes is there at once, with its caption, for each place", () => {
  const drawn = [];
  const { size, addPlace, stop } = connectBrowser((x) => x[0] + x[1], 2);
  const [one, other] = ["one", "other"].map((name) => addPlace((y, caption) => drawn.push([name, y, caption])));
  one([1, 2], "a");
  other([3, 4], { any: "b" });
  stop();
  assert.deepEqual([size, drawn], [2, [["one", 3, "a"], ["other", 7, { any: "b" }]]]);
});

test("decoders that can't be", () => {
  const make = (layers, count) => () => makeDecoder(layers, new Float32Array(count));
  assert.throws(make([{ type: "tanh" }], 0), /unknown layer type "tanh"/);
  assert.throws(make([linear(2, 2)], 5), /5 weights came, the layers hold 6/);
  const norm = { type: "layernorm", size: 2, eps: 0 };
  assert.throws(make([linear(2, 2), norm], 11), /11 weights came, the layers hold 10/);
  const run = make([linear(2, 2)], 6)();
  assert.throws(() => run([1, 2, 3]), /the network takes 2 values, got 3/);
  assert.throws(() => run([]), /the network takes 2 values, got 0/);
});
