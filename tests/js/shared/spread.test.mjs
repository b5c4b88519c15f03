import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { assertClose, FakeElement, fakePage } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/spread.js";

beforeEach(fakePage);

test("where a value stands among others, and never 100 % where one is larger", () => {
  const sorted = Float32Array.from({ length: 2000 }, (_, i) => i + 1);
  const standing = (value) => w.standing(sorted, value, "test images");
  assert.equal(standing(0.5), "less than all 2,000 test images");
  assert.equal(standing(1000.5), "more than 50 % of 2,000 test images");
  assert.equal(standing(1999.5), "more than 99 % of 2,000 test images");
  assert.equal(standing(9999), "more than all 2,000 test images");
});

/** What is painted for a cost: the bars' heights, and where the line stands. */
function painted(costs, cost, ...most) {
  const { canvas, fit, draw } = w.addBars(new FakeElement("div"), Float32Array.from(costs), "strokes", ...most);
  fit();
  draw(cost);
  const { calls } = canvas.context;
  const heights = calls.filter(([name]) => name === "fillRect").map((call) => call[4]);
  return { heights, line: calls.filter(([name]) => name === "moveTo").map(([, x]) => x), said: canvas.attributes["aria-label"] };
}

test("the bars count the costs, and the line is where the cost is", () => {
  const { heights, line, said } = painted([0, 0.1, 0.2, 6, 10], 5);
  assert.equal(heights.length, 40);
  assertClose([heights[0] / 298, heights[18] / heights[0]], [1, 1 / 3]); // 0, 0.1 and 0.2 are in the first of 13 / 40
  assertClose(line, [(5 / 13) * 300], 1e-3);
  assert.equal(said, "how the costs of strokes are spread; this one costs more than 60 % of 5 strokes");
});

test("beyond the end of the bars the line is at the edge, and nothing is counted", () => {
  const { heights, line } = painted([0, 1, 2, 500], 900, 10);
  assert.deepEqual([heights.filter((height) => height > 0).length, line], [3, [298]]);
});

test("without a cost there is no line", () => {
  const { line, said } = painted([1, 2], null);
  assert.deepEqual([line, said], [[], "how the costs of strokes are spread"]);
  assert.equal(painted([7, 7], null).heights[0], 298); // all alike
});
