import assert from "node:assert/strict";
import test from "node:test";

import { assertClose, bytesOf, fakeContext, FakeElement, fakePage } from "./fakes.mjs";
import { load } from "./load.mjs";

const w = await load("decoder.js");
const sigmoid = (values) => values.map((value) => 1 / (1 + Math.exp(-value)));
const linear = (inputs, outputs) => ({ type: "linear", inputs, outputs });
const decode = (layers, weights, z) => w.makeDecoder(layers, Float32Array.from(weights))(z);

test("bytes become floats wherever in their buffer they begin, and are copied", () => {
  for (const offset of [0, 1, 3, 4]) {
    const bytes = new DataView(new ArrayBuffer(offset + 8 + 5), offset, 8);
    bytes.setFloat32(0, 1.5, true);
    bytes.setFloat32(4, -0.25, true);
    const floats = w.toFloats(bytes);
    bytes.setFloat32(0, 99, true);
    assert.deepEqual([...floats], [1.5, -0.25]);
  }
  assert.equal(w.toFloats(new DataView(new ArrayBuffer(0))).length, 0);
});

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
  const run = w.makeDecoder([linear(1, 2)], Float32Array.of(1000, -1000, 0, 0));
  const z = Float32Array.of(1);
  assert.deepEqual([...run(z)], [1, 0]);
  assert.deepEqual([...run([1])], [1, 0]);
  assert.deepEqual([...z], [1]);
});

test("decoders that can't be", () => {
  const make = (layers, count) => () => w.makeDecoder(layers, new Float32Array(count));
  assert.throws(make([{ type: "tanh" }], 0), /unknown layer type "tanh"/);
  assert.throws(make([linear(2, 2)], 5), /5 weights came, the layers hold 6/);
  const norm = { type: "layernorm", size: 2, eps: 0 };
  assert.throws(make([linear(2, 2), norm], 11), /11 weights came, the layers hold 10/);
  const run = make([linear(2, 2)], 6)();
  assert.throws(() => run([1, 2, 3]), /the decoder takes 2 latent values, got 3/);
  assert.throws(() => run([]), /the decoder takes 2 latent values, got 0/);
});

test("the straight line", () => {
  assert.deepEqual([0, 0.25, 1].map((t) => w.lerp([1, -2], [5, 2], t)), [[1, -2], [2, -1], [5, 2]]);
});

test("the arc keeps its distance from the origin", () => {
  const half = Math.SQRT1_2;
  assertClose(w.slerp([1, 0], [0, 1], 0.5), [half, half]);
  assertClose(w.slerp([3, 0, 0], [0, 0, 3], 1 / 3), [3 * Math.cos(Math.PI / 6), 0, 1.5]);
  assertClose(w.slerp([2, 0], [0, 1], 0), [2, 0]);
  assertClose(w.slerp([2, 0], [0, 1], 1), [0, 1]);
  const obtuse = w.slerp([1, 0], [Math.cos(3), Math.sin(3)], 0.5);
  assertClose(obtuse, [Math.cos(1.5), Math.sin(1.5)]);
});

test("where there is no arc, it is the straight line", () => {
  const pairs = [
    [[1, 1], [2, 2]], // parallel
    [[1, 2], [-1, -2]], // opposite
    [[0, 0], [1, 3]], // from the origin
    [[1, 3], [0, 0]],
    [[0, 0], [0, 0]],
    [[0.1, 0.3], [0.3, 0.9]], // parallel, with a cosine that rounding may take above 1
  ];
  for (const [a, b] of pairs) {
    for (const t of [0, 0.25, 1]) assert.deepEqual(w.slerp(a, b, t), w.lerp(a, b, t));
  }
  assertClose(w.slerp([1, 0], [1, 2e-3], 0.5), [1, 1e-3], 1e-5); // just enough of an angle: both ways agree
});

test("places on the map", () => {
  const zs = [[0, 0], [1, -2], [4, 4], [-4, 3.25]];
  assert.deepEqual(zs.map((z) => w.toPixel(...z, 400, 4)), [[200, 200], [250, 300], [400, 0], [0, 37.5]]);
});

test("names of classes move apart, and only those that lie too close", () => {
  const places = [[0, 0], [3, 4], [3, 4], [100, 0], [10, -2]];
  const before = structuredClone(places);
  const moved = w.spread(places, 16);
  assert.deepEqual(places, before);
  assert.deepEqual(moved[3], [100, 0]);
  moved.forEach((a, i) => {
    moved.slice(0, i).forEach((b) => assert.ok(Math.hypot(a[0] - b[0], a[1] - b[1]) > 14));
    assert.ok(Math.max(...[0, 1].map((axis) => Math.abs(a[axis] - places[i][axis]))) < 25);
  });
});

test("two that are too close share the way; none, one and two that are far stay", () => {
  assertClose(w.spread([[0, 0], [6, 8]], 20).flat(), [-3, -4, 9, 12], 1e-6);
  for (const places of [[], [[1, 2]], [[0, 0], [16, 0]]]) assert.deepEqual(w.spread(places, 16), places);
});

test("a map in its classes' colours, each class named at its median", () => {
  fakePage();
  const colors = ["red", "green", "blue"];
  const traits = { points: bytesOf([-1, 0, 1, 1, 0, 0, 1, -1]), point_labels: [2, 0, 2, 2], colors, limit: 2 };
  const map = w.readMap({ get: (name) => traits[name] });
  assert.deepEqual([...map.points], [-1, 0, 1, 1, 0, 0, 1, -1]);
  const paper = w.paintPoints(map, 200, 1).getContext();
  const places = paper.calls.filter(([name]) => name === "arc").map(([, x, y]) => [x, y]);
  assert.deepEqual(places, [[50, 100], [150, 50], [100, 100], [150, 150]]);
  w.nameClasses(paper, map, 200, 1);
  const names = paper.calls.filter(([name]) => name === "fillText").map(([, ...values]) => values);
  assert.deepEqual(names, [[2, 100, 100], [0, 150, 50]]); // -1, 0, 1 and -1, 0, 0: each axis has a median of its own
});

test("a dot has its colour, place and radius", () => {
  const paper = fakeContext();
  w.disc(paper, [3, 4], 5, "teal");
  assert.equal(paper.fillStyle, "teal");
  assert.deepEqual(paper.calls, [["beginPath"], ["arc", 3, 4, 5, 0, 2 * Math.PI], ["fill"]]);
});

test("a digit is black ink on white paper, with its caption for eye and screen reader", () => {
  fakePage();
  const el = new FakeElement("div");
  const draw = w.addDigit(el, "vae-large");
  const pixels = new Float32Array(784);
  pixels[1] = 1;
  pixels[783] = 0.2;
  draw(pixels, "a 7");
  const canvas = el.querySelector("canvas");
  const [[name, image]] = canvas.context.calls;
  assert.equal(name, "putImageData");
  assert.deepEqual([...image.data.slice(0, 8)], [255, 255, 255, 255, 0, 0, 0, 255]);
  assert.deepEqual([...image.data.slice(-4)], [204, 204, 204, 255]);
  assert.deepEqual([el.querySelector("figcaption").textContent, canvas.attributes["aria-label"]], ["a 7", "a 7"]);
  assert.deepEqual([canvas.width, canvas.height, canvas.attributes.role], [28, 28, "img"]);
  assert.ok(el.querySelector(".vae-large"));
});
