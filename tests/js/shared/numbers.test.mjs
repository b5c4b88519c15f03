import assert from "node:assert/strict";
import test from "node:test";

import { clamp, fixed, normalDraws, pairs } from "../../../vae_helpers/widgets/shared/numbers.js";

test("a value stays between -limit and limit", () => {
  assert.deepEqual([-9, -2, 0.5, 2, 9].map((value) => clamp(value, 2)), [-2, -2, 0.5, 2, 2]);
});

test("normalDraws are draws from N(0, 1)", () => {
  const draws = normalDraws(20_000);
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
  assert.ok(Math.abs(mean) < 0.04 && Math.abs(variance - 1) < 0.06, `mean ${mean}, variance ${variance}`); // 6 sigma
  assert.ok(draws.every(Number.isFinite));
});

test("numbers with a minus sign that can be seen, and none on a zero", () => {
  assert.deepEqual([-0.001, -1.5, 0.005].map((value) => fixed(value)), ["0.00", "−1.50", "0.01"]);
  assert.deepEqual([fixed(2, 0), fixed(-0.4, 0), fixed(-2, 3)], ["2", "0", "−2.000"]);
});

test("numbers as points", () => {
  assert.deepEqual(pairs(Float32Array.of(1, 2, 3, 4)), [[1, 2], [3, 4]]);
  assert.deepEqual(pairs([]), []);
});
