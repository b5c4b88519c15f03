import assert from "node:assert/strict";
import test from "node:test";

import { assertClose } from "../fakes.mjs";
import { arc, lerp } from "../../../vae_helpers/widgets/shared/paths.js";

test("the straight line", () => {
  assert.deepEqual([0, 0.25, 1].map((t) => lerp([1, -2], [5, 2], t)), [[1, -2], [2, -1], [5, 2]]);
});

test("along the arc the direction turns and the length changes evenly", () => {
  const half = Math.SQRT1_2;
  assertClose(arc([1, 0], [0, 1], 0.5), [half, half]);
  assertClose(arc([3, 0, 0], [0, 0, 3], 1 / 3), [3 * Math.cos(Math.PI / 6), 0, 1.5]);
  assertClose(arc([2, 0], [0, 1], 0), [2, 0]);
  assertClose(arc([2, 0], [0, 1], 0.5), [1.5 * half, 1.5 * half]);
  assertClose(arc([2, 0], [0, 1], 1), [0, 1]);
  assertClose(arc([1, 0], [3 * Math.cos(3), 3 * Math.sin(3)], 0.5), [2 * Math.cos(1.5), 2 * Math.sin(1.5)]);
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
    for (const t of [0, 0.25, 1]) assertClose(arc(a, b, t), lerp(a, b, t));
  }
  assertClose(arc([1, 0], [1, 2e-3], 0.5), [1, 1e-3], 1e-5); // just enough of an angle: both ways agree
});
