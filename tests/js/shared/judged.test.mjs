import assert from "node:assert/strict";
import { test } from "node:test";

import { assertClose, freshPages } from "../fakes.mjs";
import { colorOf, heatOf, makeJudge, makeJudged, meanLoss, sigmoid } from "../../../vae_helpers/widgets/shared/judged.js";

freshPages();

/** Counts the points that it is asked for at once; its logit is x + 2 y. */
function counting() {
  const asked = [];
  const judge = (points) => {
    asked.push(points.length / 2);
    return Float32Array.from({ length: points.length / 2 }, (_, i) => points[2 * i] + 2 * points[2 * i + 1]);
  };
  return { asked, judge };
}

test("white at one half, and another colour on either side", () => {
  assert.deepEqual([0, 0.5, 1].map(colorOf), [[240, 150, 60], [255, 255, 255], [80, 145, 205]]);
});

test("a network by hand, many points at once; others are refused", () => {
  const layers = [{ type: "linear", inputs: 2, outputs: 1 }, { type: "relu" }, { type: "linear", inputs: 1, outputs: 1 }];
  const judge = makeJudge(layers, Float32Array.of(1, -1, 0.5, 3, -1)); // W1, b1, W2, b2
  assertClose(judge(Float32Array.of(2, 1, 0, 4)), [3.5, -1]);
  assert.throws(() => makeJudge(layers, new Float32Array(4)), /4 weights came, the layers hold 5/);
  assert.throws(() => makeJudge([layers[0], layers[2]], new Float32Array(5)), /ReLU/);
});

test("the loss is ln 2 where D can't tell, and not infinite where it errs by far", () => {
  const judged = makeJudged((points) => new Float32Array(points.length / 2), Float32Array.of(1, 2), 4);
  assertClose([judged.loss(Float32Array.of(0, 0, 3, 3))], [Math.LN2]);
  assertClose([meanLoss(counting().judge, Float32Array.of(1000, 0), false)], [1000]);
});

test("a map has its cells' middles from the top left, all at once or row by row", () => {
  const { judge } = counting();
  const whole = heatOf(judge, 4, 4);
  assertClose([whole[0], whole[3], whole[12]], [-3 + 6, 3 + 6, -3 - 6].map(sigmoid), 1e-6);
  assertClose(heatOf(judge, 4, 4, [2, 3]), whole.subarray(8, 12));
});

test("a map is made in small bits, and the draws are judged once", () => {
  const { asked, judge } = counting();
  const judged = makeJudged(judge, new Float32Array(2 * 400), 4);
  assert.equal(judged.hasDraws(), false);
  while (!judged.done()) judged.more();
  assert.ok(judged.hasDraws() && Math.max(...asked) === 400);
  assert.equal(asked.reduce((sum, count) => sum + count), 16 ** 2 + 400 + 64 ** 2);
  judged.loss(new Float32Array(2 * 10));
  assert.equal(asked.at(-1), 10);
  assert.equal(judged.picture(), judged.picture());
});
