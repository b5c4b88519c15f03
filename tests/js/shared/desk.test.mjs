import assert from "node:assert/strict";
import { test } from "node:test";

import { assertClose, FakeElement, FakeModel, freshPages } from "../fakes.mjs";
import { addDesk } from "../../../vae_helpers/widgets/shared/desk.js";
import { readHand } from "../../../vae_helpers/widgets/shared/pen.js";
import { toPicture } from "../../../vae_helpers/widgets/shared/stroke_picture.js";

freshPages();
const UP = Array.from({ length: 16 }, (_, i) => (i >> 1) / 7);
const LINES = [[[0.1, 0.1], [0.5, 0.2]], [[0.5, 0.5], [0.2, 0.9]]];

function desk(lines = []) {
  const [el, told] = [new FakeElement("div"), []];
  const model = new FakeModel({ point_labels: [7, 3], examples: [1, 0] });
  const tell = (name) => (...values) => told.push([name, ...values]);
  const names = ["undo", "clear", "turn", "place", "choose"];
  const hand = { strokes: () => lines, index: () => -1, ...Object.fromEntries(names.map((name) => [name, tell(name)])) };
  const stops = [];
  const parts = addDesk(el, model, hand, Float32Array.from([...UP, ...UP]), (stop) => stops.push(stop));
  const calls = (name) => parts.canvas.context.calls.filter((call) => call[0] === name).map((call) => call.slice(1));
  const state = { lines, stroke: lines.length > 0 ? readHand(lines).stroke : UP, index: -1, backwards: false, moved: false };
  return { el, told, parts, calls, state, stops };
}

test("the points are on the ink, and where the pen was lifted is a dashed line", () => {
  const { parts, calls, state } = desk(LINES);
  parts.show(state, null, 7);
  assertClose(calls("fillText").flatMap((call) => call.slice(1)), readHand(LINES).places.flat().map((value) => 300 * value), 1e-6);
  assert.deepEqual(calls("setLineDash"), [[[3, 4]], [[]]]);
  assert.deepEqual([calls("moveTo").at(-1), calls("lineTo").at(-1)], [[150, 60], [150, 150]]);
});

test("a stroke without ink is drawn as a line through its points", () => {
  const { parts, calls, state } = desk();
  parts.show(state, null, 7);
  assert.equal(calls("lineTo").length, 7);
  assertClose(calls("fillText")[0].slice(1), toPicture([0, 0], 300));
});

test("what is on the paper is said, with its Gaussian", () => {
  const { parts, state, el } = desk(LINES);
  parts.show(state, { mu: [1, -0.5], sigma: [0.1, 0.2] }, 3);
  const said = "; mu (1.00, −0.50), sigma (0.10, 0.20), near held-out strokes of the digit 3";
  assert.equal(parts.canvas.attributes["aria-valuetext"], `your drawing, 2 strokes${said}`);
  assert.equal(el.querySelector(".vae-stroke-word").textContent, "your drawing, 2 strokes");
  assert.match(parts.canvas.attributes["aria-label"], /^Write with mouse, pen or finger/);
});

test("the buttons, and which of them wait", () => {
  const { el, told, parts, state } = desk(LINES);
  parts.show(state, null, 7);
  const waiting = () => el.all("button").filter(({ disabled }) => disabled).map(({ textContent }) => textContent);
  assert.deepEqual(waiting(), ["back to μ"]);
  el.all("button").filter(({ textContent }) => textContent && textContent !== "full screen").forEach(({ handlers }) => handlers.click());
  assert.deepEqual(told.map(([name]) => name), ["undo", "clear", "turn", "place"]);
  assert.deepEqual(told[3], ["place", []]);
  parts.show({ lines: [], stroke: [], index: -1, backwards: false, moved: true }, null, 7);
  assert.deepEqual(waiting(), ["undo", "backwards"]);
});

test("an example for each digit", () => {
  const { el, told, parts, state } = desk();
  parts.show({ ...state, index: 0 }, null, 7);
  const examples = el.querySelector(".vae-stroke-examples").all("button");
  assert.deepEqual(examples.map(({ attributes }) => [attributes["aria-label"], attributes["aria-pressed"]]), [["a held-out 3", "false"], ["a held-out 7", "true"]]);
  examples[0].handlers.click();
  assert.deepEqual(told, [["choose", 1]]);
});
