import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { assertClose, FakeElement, fakePage } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/stroke_picture.js";

let context;

beforeEach(() => {
  fakePage();
  context = new FakeElement("canvas").getContext();
});

const called = (name) => context.calls.filter((call) => call[0] === name).map((call) => call.slice(1));

test("where points lie: y goes up", () => {
  const margin = w.toPicture([0, 1], 100);
  assert.ok(margin[0] > 5);
  assertClose(margin, [margin[0], margin[0]]);
  assertClose(w.toPicture([1, 0], 100), [100 - margin[0], 100 - margin[1]]);
  assertClose(w.toPicture([0.5, 0.5], 100), [50, 50]);
});

test("the line gets darker as the pen goes on", () => {
  const shades = [];
  const spied = new Proxy(context, { set: (target, name, value) => (name === "strokeStyle" && shades.push(value), (target[name] = value), true) });
  w.paintWay(spied, [[0, 0], [1, 0], [2, 0], [3, 5]], 2);
  const greys = shades.map((shade) => Number(shade.match(/\d+/)[0]));
  assert.ok(greys[0] > greys[1] && greys[1] > greys[2]);
  assert.equal(shades.at(-1), `rgb(${w.COLORS.ink.join()})`);
  assert.deepEqual([called("moveTo"), called("lineTo")], [[[0, 0], [1, 0], [2, 0]], [[1, 0], [2, 0], [3, 5]]]);
});

test("a line of one piece is no division by zero, and of one point no line", () => {
  w.paintWay(context, [[0, 0], [1, 0]], 2);
  assert.match(context.strokeStyle, /^rgb\(\d+,\d+,\d+\)$/);
  w.paintWay(context, [[0, 0]], 2);
  assert.equal(called("lineTo").length, 1);
});

test("the points are numbered, and the first is filled", () => {
  w.paintNumbers(context, [[5, 6], [7, 8]], 4);
  assert.deepEqual(called("fillText"), [[1, 5, 6], [2, 7, 8]]);
  assert.deepEqual(called("arc").map((call) => call.slice(0, 2)), [[5, 6], [7, 8], [7, 8]]); // a white one in the second
});

test("a small picture is painted once for each stroke and size", () => {
  const parent = new FakeElement("div");
  const draw = w.addThumb(parent);
  const [canvas] = parent.children;
  const painted = () => canvas.getContext().calls.filter(([name]) => name === "fillRect").length;
  const stroke = [0, 0, 1, 1];
  draw(stroke);
  draw(stroke);
  assert.equal(painted(), 1);
  draw([0, 1, 1, 0]);
  canvas.clientWidth = 200;
  draw(stroke);
  assert.equal(painted(), 3);
  canvas.clientWidth = 0; // not on the page
  draw([0, 0, 1, 0]);
  assert.equal(painted(), 3);
});

test("whether a canvas has another size since the last question", () => {
  const canvas = new FakeElement("canvas");
  const resized = w.resized(canvas);
  canvas.clientWidth = 0;
  assert.equal(resized(), false);
  canvas.clientWidth = 300;
  assert.deepEqual([resized(), resized()], [true, false]);
  canvas.clientWidth = 310;
  assert.deepEqual([resized(), resized()], [true, false]);
});
