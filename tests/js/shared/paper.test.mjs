import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeElement, fakePage } from "../fakes.mjs";
import { addPaper, chosen, extended } from "../../../vae_helpers/widgets/shared/paper.js";

test("each key's image, of 30", () => {
  const from5 = { ArrowRight: 6, ArrowDown: 6, ArrowLeft: 4, ArrowUp: 4, PageDown: 15, PageUp: 0, Home: 0, End: 29 };
  for (const [key, wanted] of Object.entries(from5)) assert.equal(chosen(5, key, false, 30), wanted, key);
  assert.deepEqual(["ArrowRight", "ArrowUp", "PageDown"].map((key) => chosen(12, key, true, 30)), [22, 2, 22]);
  for (const key of ["Tab", "a", "Enter", "constructor"]) assert.equal(chosen(5, key, false, 30), null, key);
});

test("no key leaves the images, and after a drawing the first of them comes", () => {
  assert.deepEqual([chosen(29, "ArrowRight", false, 30), chosen(0, "ArrowLeft", true, 30)], [29, 0]);
  assert.deepEqual(["ArrowRight", "ArrowLeft"].map((key) => chosen(-1, key, false, 30)), [0, 0]);
  assert.deepEqual(["ArrowRight", "End", "PageDown"].map((key) => chosen(0, key, false, 1)), [0, 0, 0]);
});

test("a stroke grows by new lists, and by no point that is too near", () => {
  const before = [[[0, 0]], [[0.5, 0.5]]];
  const after = extended(before, [0.6, 0.5]);
  assert.deepEqual([before, after], [[[[0, 0]], [[0.5, 0.5]]], [[[0, 0]], [[0.5, 0.5], [0.6, 0.5]]]]);
  assert.notEqual(after[1], before[1]);
  assert.equal(extended(before, [0.505, 0.505]), before);
});

/** A paper of 300 x 300 for 30 images, and what its hand was told. */
let canvas, draw, told, strokes, index;

beforeEach(() => {
  fakePage();
  [told, strokes, index] = [[], [], 3];
  const hand = {
    strokes: () => strokes,
    index: () => index,
    begin: () => told.push("begin"),
    draw: (drawn) => told.push((strokes = drawn)),
    end: () => told.push("end"),
    choose: (image) => told.push(["choose", image]),
  };
  ({ canvas, draw } = addPaper(new FakeElement("div"), 30, hand));
});

const tell = (type, x, y, more = {}) => canvas.handlers[type]({ button: 0, pointerId: 1, clientX: x, clientY: y, ...more });

test("a stroke, from where the pointer goes down to where it is let go", () => {
  tell("pointerdown", 30, 60);
  tell("pointermove", 60, 60);
  tell("pointermove", 60, 150);
  tell("lostpointercapture", 60, 150);
  tell("pointermove", 90, 90); // a mouse that hovers
  const points = [[0.1, 0.2], [0.2, 0.2], [0.2, 0.5]];
  assert.deepEqual(told, ["begin", ...[1, 2, 3].map((n) => [points.slice(0, n)]), "end"]);
  assert.equal(canvas.captured, 1);
});

test("the next stroke leaves the first as it was; a click alone is a dot", () => {
  tell("pointerdown", 30, 60);
  tell("lostpointercapture");
  const first = strokes;
  tell("pointerdown", 150, 150, { pointerId: 2 });
  tell("lostpointercapture", 0, 0, { pointerId: 2 });
  assert.deepEqual([first, strokes], [[[[0.1, 0.2]]], [[[0.1, 0.2]], [[0.5, 0.5]]]]);
});

test("of several fingers the first one draws", () => {
  tell("pointerdown", 30, 30);
  tell("pointerdown", 270, 270, { pointerId: 2 });
  tell("pointermove", 240, 240, { pointerId: 2 });
  tell("lostpointercapture", 240, 240, { pointerId: 2 });
  tell("pointermove", 60, 30);
  assert.deepEqual(strokes, [[[0.1, 0.1], [0.2, 0.1]]]);
  assert.deepEqual([canvas.captured, told.at(-1)], [1, strokes]);
});

test("other buttons than the first draw nothing", () => {
  tell("pointerdown", 30, 30, { button: 2 });
  tell("pointermove", 60, 30);
  assert.deepEqual([told, canvas.captured], [[], undefined]);
});

test("a pointer that can't be held does not block the next", () => {
  const capture = canvas.setPointerCapture;
  canvas.setPointerCapture = () => {
    throw new Error("no active pointer");
  };
  assert.throws(() => tell("pointerdown", 30, 30), /no active pointer/);
  canvas.setPointerCapture = capture;
  tell("pointerdown", 60, 30, { pointerId: 2 });
  assert.deepEqual(strokes, [[[0.2, 0.1]]]);
});

test("all that a pen did since the last picture is drawn, and told once", () => {
  tell("pointerdown", 30, 30);
  const way = [[33, 30], [60, 30], [60.3, 30], [90, 60]].map(([clientX, clientY]) => ({ clientX, clientY }));
  tell("pointermove", 90, 60, { getCoalescedEvents: () => way });
  assert.deepEqual(told.slice(2), [[[[0.1, 0.1], [0.11, 0.1], [0.2, 0.1], [0.3, 0.2]]]]);
  tell("pointermove", 120, 60, { getCoalescedEvents: () => [] }); // as some browsers say for one
  assert.deepEqual(strokes[0].at(-1), [0.4, 0.2]);
});

test("a hand that hardly moves is not told of", () => {
  tell("pointerdown", 30, 30);
  tell("pointermove", 31, 31);
  assert.deepEqual(told, ["begin", [[[0.1, 0.1]]]]);
});

test("beyond the edge the stroke goes on along it", () => {
  tell("pointerdown", 30, 30);
  tell("pointermove", -50, 400);
  assert.deepEqual(strokes, [[[0.1, 0.1], [0, 1]]]);
});

test("what Python sets during a stroke does not get between, and where the hand lets go is the last word", () => {
  strokes = [[[0.9, 0.9]]];
  tell("pointerdown", 30, 30);
  strokes = []; // an image from Python
  tell("pointermove", 60, 30);
  const wanted = [[[0.9, 0.9]], [[0.1, 0.1], [0.2, 0.1]]];
  assert.deepEqual(strokes, wanted);
  strokes = [];
  tell("lostpointercapture");
  assert.deepEqual([strokes, told.slice(-2)], [wanted, [wanted, "end"]]);
  strokes = [];
  tell("pointerdown", 60, 30); // after it, what Python sets is on the paper
  assert.deepEqual(strokes, [[[0.2, 0.1]]]);
});

test("keys choose an image; no other key, none that is a shortcut, and none during a stroke", () => {
  let prevented = 0;
  const press = (key, more) => canvas.handlers.keydown({ key, preventDefault: () => prevented++, ...more });
  press("ArrowRight");
  press("ArrowDown", { shiftKey: true });
  assert.deepEqual([told, prevented], [[["choose", 4], ["choose", 13]], 2]);
  press("Tab");
  for (const modifier of ["ctrlKey", "altKey", "metaKey"]) press("ArrowRight", { [modifier]: true });
  tell("pointerdown", 30, 30);
  press("ArrowRight");
  assert.deepEqual([told.filter(([what]) => what === "choose").length, prevented], [2, 2]);
});

const named = (name) => canvas.context.calls.filter(([call]) => call === name);

test("the paper shows the strokes, or the image where there are none, and says which", () => {
  const image = new Float32Array(784);
  draw([], image, "test image 3, a 0");
  assert.equal(named("drawImage").length, 1);
  assert.deepEqual([canvas.attributes["aria-valuenow"], canvas.attributes["aria-valuetext"]], [3, "test image 3, a 0"]);
  draw([[[0.1, 0.2], [0.5, 0.5]], [[0.9, 0.9]]], image, "your drawing");
  assert.deepEqual(named("lineTo"), [["lineTo", 30, 60], ["lineTo", 150, 150], ["lineTo", 270, 270]]);
  assert.deepEqual(named("arc").map((call) => call.slice(1, 4)), [[30, 60, 13.5], [270, 270, 13.5]]); // a dot is seen
  assert.deepEqual([named("drawImage").length, named("stroke").length], [1, 2]);
  assert.deepEqual([canvas.context.lineCap, canvas.context.lineWidth], ["round", 27]);
});

test("it can have the focus and is a slider for a screen reader; off the page it draws nothing", () => {
  const { role, "aria-valuemin": least, "aria-valuemax": most } = canvas.attributes;
  assert.deepEqual([canvas.tabIndex, role, least, most], [0, "slider", -1, 29]);
  canvas.clientWidth = 0;
  draw([[[0.1, 0.2]]], new Float32Array(784), "");
  assert.deepEqual(canvas.context.calls, []);
});

test("what is painted over comes last, over strokes and over an image", () => {
  const over = addPaper(new FakeElement("div"), 30, { strokes: () => [], index: () => 0 }, (context, size) => context.veil(size));
  for (const drawn of [[], [[[0.5, 0.5], [0.6, 0.5]]]]) {
    over.draw(drawn, new Float32Array(784), "");
    assert.deepEqual(over.canvas.context.calls.at(-1), ["veil", 300]);
  }
});
