import assert from "node:assert/strict";
import test from "node:test";

import { assertClose } from "../fakes.mjs";
import * as p from "../../../vae_helpers/widgets/shared/painting.js";

test("a stroke leaves points at equal distances, however fast the hand", () => {
  const { points, end } = p.withStroke(Float32Array.of(0, 0), [0, 0], [0.2, 0]);
  assertClose(points, [0, 0, 0.06, 0, 0.12, 0, 0.18, 0], 1e-6);
  assertClose(end, [0.18, 0]);
  assert.deepEqual(p.withStroke(points, [0, 0], [0.01, 0]), { points, end: [0, 0] });
});

test("of too many points the oldest go", () => {
  const full = new Float32Array(2 * p.MOST);
  const points = p.withPoint(full, [1, 2]);
  assert.equal(points.length, full.length);
  assertClose(points.subarray(-2), [1, 2]);
});

test("the eraser takes what is near", () => {
  assertClose(p.erased(Float32Array.of(0, 0, 1, 0, 3, 3), [0.9, 0], 0.5), [0, 0, 3, 3]);
});

test("draws lie about the points, and codes on paint are counted", () => {
  const points = Float32Array.of(1, 2, -3, 0);
  const draws = p.drawn(points, 0.01, 500);
  assert.equal(draws.length, 1000);
  assert.equal(p.shareOnPaint(draws, points, 0.1), 1);
  assert.ok(p.shareOnPaint(draws, points.subarray(0, 2), 0.1) < 0.7);
  assert.equal(p.shareOnPaint(draws, points.subarray(0, 0), 0.1), 0);
});
