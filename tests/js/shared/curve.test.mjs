import assert from "node:assert/strict";
import test from "node:test";

import { assertClose, FakeElement, freshPages } from "../fakes.mjs";
import { addCurve, makeTrace } from "../../../vae_helpers/widgets/shared/curve.js";

freshPages();

test("means of ten steps; and never more than 300 of them", () => {
  const trace = makeTrace();
  assert.ok(Number.isNaN(trace.last()));
  for (let k = 0; k < 20; k++) trace.add(k);
  assertClose(trace.means(), [4.5, 14.5]);
  assert.equal(trace.last(), 14.5);
  for (let k = 0; k < 10000; k++) trace.add(1);
  assert.ok(trace.means().length < 300);
});

test("a curve says its last value, and its goal", () => {
  const parent = new FakeElement("div");
  addCurve(parent, "loss", "#000", { value: 1, text: "one" })([2, 1], "1.00");
  assert.equal(parent.querySelector("canvas").attributes["aria-label"], "loss: 1.00 (dashed: one)");
  assert.equal(parent.querySelector("canvas").context.calls.filter(([name]) => name === "lineTo").length, 3);
});
