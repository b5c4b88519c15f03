import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { assertClose, FakeElement, fakePage } from "../fakes.mjs";
import { toPicture } from "../../../vae_helpers/widgets/shared/stroke_picture.js";
import * as w from "../../../vae_helpers/widgets/shared/stroke_results.js";

let parent;

beforeEach(() => {
  fakePage();
  parent = new FakeElement("div");
});

test("what is written: the means, two sigma of each, and below them what was read", () => {
  const { canvas, show } = w.addWritten(parent);
  const steps = [{ mean: [0, 0], sigma: [0.1, 0.2] }, { mean: [1, 0.5], sigma: [0.01, 0.02] }];
  show(steps, [0.5, 0.5, 1, 1], [1, -2], "μ");
  const calls = (name) => canvas.context.calls.filter((call) => call[0] === name).map((call) => call.slice(1));
  const unit = toPicture([1, 0], 300)[0] - toPicture([0, 0], 300)[0];
  assertClose(calls("ellipse")[0].slice(0, 4), [...toPicture([0, 0], 300), 0.2 * unit, 0.4 * unit]);
  assert.deepEqual(calls("lineTo").slice(0, 2), [toPicture([0.5, 0.5], 300), toPicture([1, 1], 300)]);
  assert.deepEqual(calls("fillText").map((call) => call.slice(1)), steps.map(({ mean }) => toPicture(mean, 300)));
  assert.match(parent.querySelector("figcaption").textContent, /^p\(x\|z\), from μ = \(1\.00, −2\.00\)\n/);
  assert.equal(canvas.attributes["aria-label"], "the stroke that the decoder writes from μ = (1.00, −2.00)");
});

test("without a stroke to read only what is written is shown", () => {
  const { canvas, show } = w.addWritten(parent);
  show([{ mean: [0, 0], sigma: [0.1, 0.2] }], [], [0, 0], "z");
  assert.equal(canvas.context.calls.filter(([name]) => name === "lineTo").length, 0);
});

test("what a stroke costs beside the others; nothing where there is none", () => {
  const { show } = w.addCost(parent, Float32Array.of(-20, -10, 0, 70));
  const text = () => parent.querySelector(".vae-draw-figures").textContent.split("\n");
  show(-9, 4);
  assert.deepEqual(text(), ["reconstruction at μ −9.0 + KL 4.0", "= −5.0 nats; held-out mean: 10.0", "more than 50 % of 4 held-out"]);
  show(null, undefined);
  assert.deepEqual(text(), ["nothing to read", "held-out mean: 10.0"]);
  show(0, 3); // a reconstruction of 0 nats is one
  assert.match(text()[0], /^reconstruction at μ 0\.0/);
});

test("the nearest, by their labels", () => {
  const show = w.addNearest(parent, { points: [0, 0, 1, 1, 2, 2], labels: [4, 5, 6] }, new Float32Array(48));
  assert.deepEqual(show([1.9, 1.9]), [2, 1, 0]);
  assert.deepEqual(parent.all("figcaption").map(({ textContent }) => textContent), [6, 5, 4]);
  assert.equal(parent.querySelector(".vae-draw-nearest-title").textContent, "held-out strokes nearest in z");
});
