import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { assertClose, bytesOf, FakeModel } from "../fakes.mjs";
import { toFloats } from "../../../vae_helpers/widgets/shared/bytes.js";
import { describe, holdDrawing } from "../../../vae_helpers/widgets/shared/drawing.js";
import { toPixels } from "../../../vae_helpers/widgets/shared/strokes.js";

const STROKES = [[[0.1, 0.2], [0.8, 0.2]], [[0.8, 0.2], [0.4, 0.9]]];
const IMAGES = Uint8Array.from({ length: 2 * 784 }, (_, i) => (i < 784 ? 51 : 255)); // one a fifth grey, one black

mock.timers.enable({ apis: ["setTimeout"] });
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

test("what lies on the paper, in words", () => {
  const [ink, paper] = [[0, 0.5], [0, 0]];
  const words = [[STROKES, ink, -1], [STROKES.slice(0, 1), ink, -1], [[], ink, 1], [[], ink, 0], [[], ink, -1], [[], paper, -1]];
  assert.deepEqual(words.map((three) => describe(...three, [7, 3])), [
    "your drawing, 2 strokes", "your drawing, 1 stroke", "test image 1, a 3", "test image 0, a 7", "an image from Python",
    "an empty sheet",
  ]);
});

function hold(strokes = []) {
  const model = new FakeModel({ strokes, image: bytesOf(toPixels(strokes)), index: 1, eps: [1, 2, 3, 4], turn: 0 });
  return { model, hand: holdDrawing(model, IMAGES, toPixels), image: () => toFloats(model.get("image")) };
}

test("a stroke is seen at once, saved once in a while, and as a whole when it ends", () => {
  const { model, hand, image } = hold();
  for (const strokes of [STROKES.slice(0, 1), STROKES]) hand.draw(strokes);
  assert.deepEqual([model.get("strokes"), model.get("index"), model.saves], [STROKES, -1, 0]);
  assert.deepEqual(image(), toPixels(STROKES));
  mock.timers.tick(119);
  assert.equal(model.saves, 0);
  mock.timers.tick(1);
  assert.equal(model.saves, 1);
  hand.draw(STROKES.slice(1));
  hand.end();
  assert.equal(model.saves, 2); // without waiting
  mock.timers.tick(1000);
  assert.equal(model.saves, 2); // and only once
});

test("a hand that never rests is saved 8 times a second", () => {
  const { model, hand } = hold();
  for (let ms = 0; ms < 1200; ms += 10) {
    hand.draw([[[ms / 1200, 0.5]]]);
    mock.timers.tick(10);
  }
  assert.equal(model.saves, 10);
});

test("undo takes the last stroke back, down to an empty sheet, and leaves the old lists alone", () => {
  const { model, hand, image } = hold(STROKES);
  hand.undo();
  assert.deepEqual([model.get("strokes"), image()], [STROKES.slice(0, 1), toPixels(STROKES.slice(0, 1))]);
  hand.undo();
  assert.deepEqual([model.get("strokes"), image(), model.get("index")], [[], new Float32Array(784), -1]);
  hand.undo();
  assert.deepEqual([model.get("strokes"), STROKES.length], [[], 2]);
});

test("clear takes an empty sheet, of a drawing and of a test image", () => {
  for (const { model, hand, image } of [hold(STROKES), hold()]) {
    hand.clear();
    assert.deepEqual([model.get("strokes"), image(), model.get("index")], [[], new Float32Array(784), -1]);
  }
});

test("what a drawing's pixels are, the widget says", () => {
  const model = new FakeModel({ strokes: [], turn: 0 });
  holdDrawing(model, IMAGES, (strokes) => Float32Array.of(strokes.length)).draw(STROKES);
  assert.deepEqual([...toFloats(model.get("image"))], [2]);
});

test("a test image takes the drawing's place, and is what was sent", () => {
  const { model, hand, image } = hold(STROKES);
  hand.choose(0);
  assert.deepEqual([model.get("strokes"), model.get("index"), hand.index()], [[], 0, 0]);
  assertClose(image(), Array(784).fill(0.2), 1e-7);
  hand.choose(1);
  assertClose(image(), Array(784).fill(1));
});

test("new noise at each press, and at no stroke: as much as before, and numbers that JSON has", () => {
  const { model, hand } = hold();
  const seen = [model.get("eps")];
  for (let k = 0; k < 2; k++) {
    hand.drawAgain();
    seen.push(model.get("eps"));
  }
  hand.begin();
  assert.deepEqual(seen.map((eps) => [Array.isArray(eps), eps.length]), Array(3).fill([true, 4]));
  assert.equal(new Set(seen.map(([first]) => first)).size, 3);
  hand.draw(STROKES);
  assert.equal(model.get("eps"), seen[2]);
});

test("each drawing says after which of Python's images it was made", () => {
  const { model, hand } = hold();
  hand.draw(STROKES);
  assert.deepEqual(model.get("hand"), [0, 1]);
  model.set("turn", 2);
  hand.choose(0);
  assert.deepEqual(model.get("hand"), [2, 2]); // never as before, or it would not be sent along
});

test("a closed view saves what is left, and nothing else", () => {
  const { model, hand } = hold();
  hand.stop();
  assert.equal(model.saves, 0);
  hand.clear();
  hand.stop();
  assert.equal(model.saves, 1);
  mock.timers.tick(1000);
  assert.equal(model.saves, 1);
});
