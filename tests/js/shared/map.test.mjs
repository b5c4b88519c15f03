import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { assertClose, bytesOf, fakePage } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/map.js";

const { nameClasses, paintPoints, readMap, spread } = w;
const textsOf = (paper) => paper.calls.filter(([name]) => name === "fillText").map(([, text]) => text);

beforeEach(() => void fakePage());

test("names of classes move apart, and only those that lie too close", () => {
  const places = [[0, 0], [3, 4], [3, 4], [100, 0], [10, -2]];
  const before = structuredClone(places);
  const moved = spread(places, 16);
  assert.deepEqual(places, before);
  assert.deepEqual(moved[3], [100, 0]);
  moved.forEach((a, i) => {
    moved.slice(0, i).forEach((b) => assert.ok(Math.hypot(a[0] - b[0], a[1] - b[1]) > 14));
    assert.ok(Math.max(...[0, 1].map((axis) => Math.abs(a[axis] - places[i][axis]))) < 25);
  });
});

test("two that are too close share the way; none, one and two that are far stay", () => {
  assertClose(spread([[0, 0], [6, 8]], 20).flat(), [-3, -4, 9, 12], 1e-6);
  for (const places of [[], [[1, 2]], [[0, 0], [16, 0]]]) assert.deepEqual(spread(places, 16), places);
});

test("a map in its classes' colours, each class named at its median", () => {
  const colors = ["red", "green", "blue"];
  const traits = { points: bytesOf([-1, 0, 1, 1, 0, 0, 1, -1]), point_labels: [2, 0, 2, 2], colors, limit: 2 };
  const map = readMap({ get: (name) => traits[name] });
  assert.deepEqual([...map.points], [-1, 0, 1, 1, 0, 0, 1, -1]);
  const paper = paintPoints(map, 200, 1).getContext();
  const places = paper.calls.filter(([name]) => name === "arc").map(([, x, y]) => [x, y]);
  assert.deepEqual(places, [[50, 100], [150, 50], [100, 100], [150, 150]]);
  nameClasses(paper, map, 200, 1);
  const names = paper.calls.filter(([name]) => name === "fillText").map(([, ...values]) => values);
  assert.deepEqual(names, [[2, 100, 100], [0, 150, 50]]); // -1, 0, 1 and -1, 0, 0: each axis has a median of its own
});

test("the circles of the prior", () => {
  const paper = new OffscreenCanvas(200, 200).getContext("2d");
  w.paintCircles(paper, { limit: 4 }, 200, 1);
  const circles = paper.calls.filter(([name]) => name === "arc");
  circles.forEach(([, x, y]) => assert.deepEqual([x, y], [100, 100]));
  const wanted = [0.5, 0.1, 0.01].map((rest) => 25 * Math.sqrt(-2 * Math.log(rest)));
  assertClose(circles.map(([, , , radius]) => radius), wanted, 1e-6);
  assert.deepEqual(textsOf(paper), ["50\u2009%", "90\u2009%", "99\u2009%"]);
  const own = new OffscreenCanvas(200, 200).getContext("2d");
  w.paintCircles(own, { limit: 4, circles: [{ radius: 2, text: "two" }] }, 200, 1);
  const [[, , , radius], ...others] = own.calls.filter(([name]) => name === "arc");
  assert.deepEqual([radius, others, textsOf(own)], [50, [], ["two"]]);
});

test("figures along two edges, few enough to be read on any map", () => {
  for (const [limit, figures] of [[4, [-3, -2, -1, 0, 1, 2, 3]], [0.4, []], [25, [-20, -15, -10, -5, 0, 5, 10, 15, 20]]]) {
    const paper = new OffscreenCanvas(200, 200).getContext("2d");
    w.paintAxes(paper, { limit }, 200, 1);
    assert.deepEqual(textsOf(paper), [...figures.flatMap((value) => [value, value]), "z₁", "z₂"]);
  }
});

test("the axes of a map that has names of its own", () => {
  const paper = new OffscreenCanvas(200, 200).getContext("2d");
  w.paintAxes(paper, { limit: 0.4, axes: ["ε₁, 3", "ε₁, 7"] }, 200, 1);
  assert.deepEqual(textsOf(paper), ["ε₁, 3", "ε₁, 7"]);
});

test("the nearest points, the nearest first", () => {
  const points = Float32Array.of(3, 0, 0, 1, -1, -1, 0, 0.5);
  assert.deepEqual(w.nearestPoints(points, [0, 0], 3), [3, 1, 2]);
  assert.deepEqual(w.nearestPoints(points, [4, 0], 1), [0]);
  assert.deepEqual(w.nearestPoints(points, [0, 0], 9), [3, 1, 2, 0]); // no more than there are
  assert.deepEqual(w.nearestPoints(points, [0, 0], 0), []);
  assert.deepEqual(w.nearestPoints(Float32Array.of(1, 0, 0, 1, -1, 0), [0, 0], 2), [0, 1]); // as far: in their order
});

test("the class around a place: the most common label, of equally common ones that of the nearest", () => {
  const map = { points: Float32Array.of(0, 0, 1, 0, 2, 0, 3, 0), labels: [4, 9, 9, 4] };
  assert.deepEqual([1, 2, 3, 4].map((k) => w.labelAround(map, [0, 0], k)), [4, 4, 9, 4]);
  assert.equal(w.labelAround(map, [3, 0], 2), 4);
  assert.equal(w.labelAround(map, [0, 0], 9), 4); // no more than there are
});
