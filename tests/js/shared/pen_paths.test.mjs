import assert from "node:assert/strict";
import { test } from "node:test";

import { assertClose, fakeContext } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/pen_paths.js";

const points = [[0, 0], [1, 1], [2, 0], [3, 1]];

test("the pen goes through each point, and without a jump or a corner", () => {
  points.forEach((point, k) => assertClose(w.penAt(points, k), point));
  for (const k of [1, 2]) {
    const [before, at, after] = [-1e-4, 0, 1e-4].map((step) => w.penAt(points, k + step));
    for (const axis of [0, 1]) assertClose([at[axis] - before[axis]], [after[axis] - at[axis]], 1e-6);
  }
});

test("equal points in a row stay one, equally far ones a line at an even speed", () => {
  assertClose(w.penAt([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]], 1.3), [0.5, 0.5]);
  assertClose(w.penAt([[0, 0], [1, 2], [2, 4], [3, 6]], 1.25), [1.25, 2.5]);
});

test("the way up to the pen ends where the pen is", () => {
  for (const u of [0, 0.04, 1, 1.77, 3]) assertClose(w.penWay(points, u).at(-1), w.penAt(points, u));
  assert.equal(w.penWay(points).length, 31);
  assertClose(w.penWay(points, 0).flat(), [0, 0]);
});

test("on paper y goes up, with a margin all around", () => {
  assertClose(w.onPaper([0.5, 0.5], 128, 0.14), [64, 64]);
  assertClose(w.onPaper([0, 1], 128, 0.14), [14, 14]);
  assertClose(w.onPaper([1.14, -0.14], 128, 0.14), [128, 128]);
});

test("a way is one path", () => {
  const context = fakeContext();
  w.strokeWay(context, points, 100, { color: "#111", width: 3 });
  assert.deepEqual(context.calls.map(([name]) => name), ["setLineDash", "beginPath", "moveTo", "lineTo", "lineTo", "lineTo", "stroke", "setLineDash"]);
});
