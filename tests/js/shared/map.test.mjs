import assert from "node:assert/strict";
import test from "node:test";

import { assertClose, bytesOf, fakePage } from "../fakes.mjs";
import { nameClasses, paintPoints, readMap, spread } from "../../../vae_helpers/widgets/shared/map.js";

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
  fakePage();
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
