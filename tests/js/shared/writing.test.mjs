import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeModel, freshPages } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/writing.js";

freshPages();
const LINE = [[0.1, 0.1], [0.5, 0.7]];
const EMPTY = { lines: [], stroke: [], index: -1, backwards: false };

test("what lies on the paper, in words", () => {
  const said = (changes) => w.describe({ ...EMPTY, ...changes }, [7, 3]);
  assert.equal(said({}), "an empty sheet");
  assert.equal(said({ stroke: [1, 2] }), "a stroke from Python");
  assert.equal(said({ stroke: [1, 2], index: 1, backwards: true }), "held-out stroke 1: 3, backwards");
  assert.equal(said({ lines: [LINE] }), "your drawing, 1 stroke");
  assert.equal(said({ lines: [LINE, LINE], stroke: [1, 2] }), "your drawing, 2 strokes");
});

test("why a drawing is no stroke", () => {
  const why = (lines, stroke = []) => w.complaint({ ...EMPTY, lines, stroke });
  assert.deepEqual([why([]), why([LINE], [1, 2])], ["", ""]);
  assert.equal(why([[[0.5, 0.5]]]), "A dot is no line.");
  assert.equal(why([[[0.5, 0.5], [0.9, 0.5]]]), "A level or upright line can't be stretched.");
});

function held(changes = {}) {
  const model = new FakeModel({ ...EMPTY, z: [], turn: 3, hand: [0, 0], ...changes });
  const hand = w.holdWriting(model, Float32Array.from({ length: 32 }, (_, i) => i / 32));
  return { model, hand, all: () => ["lines", "stroke", "index", "backwards", "z"].map((name) => model.get(name)) };
}

test("a drawing, an example, backwards and an empty sheet are each a state of their own, and z is mu again", () => {
  const { hand, model, all } = held({ z: [1, 1] });
  hand.draw([LINE]);
  assert.deepEqual([hand.strokes(), hand.index(), model.get("stroke").length, model.get("z")], [[LINE], -1, 16, []]);
  hand.choose(1);
  const second = Array.from({ length: 16 }, (_, i) => (16 + i) / 32);
  assert.deepEqual(all(), [[], second, 1, false, []]);
  hand.turn();
  assert.deepEqual([model.get("stroke").slice(0, 2), model.get("index"), model.get("backwards")], [second.slice(14), 1, true]);
  hand.clear();
  assert.deepEqual(all(), [[], [], -1, false, []]);
});

test("undo takes the last line", () => {
  const { hand, model } = held({ lines: [LINE, [[0.2, 0.2], [0.3, 0.9]]] });
  hand.undo();
  assert.deepEqual(model.get("lines"), [LINE]);
});

test("each change has another number, after Python's own; all are saved together", () => {
  const { hand, model } = held();
  hand.draw([LINE]);
  const first = model.get("hand");
  hand.place([1, 2]);
  assert.deepEqual([first, model.get("hand"), model.saves], [[3, 1], [3, 2], 0]);
  hand.end();
  assert.equal(model.saves, 1);
});

test("the place is mu, on the map, until a hand moves it", () => {
  const { hand, model } = held();
  const place = w.holdPlace(model, hand, 3, () => [0.5, -9]);
  assert.deepEqual([place.read(), place.moved()], [[0.5, -3], false]);
  place.move([1, 1]);
  assert.deepEqual([place.read(), model.get("z"), place.moved()], [[1, 1], [1, 1], true]);
});

test("while a hand holds it, only the hand moves it", () => {
  const { hand, model } = held();
  const place = w.holdPlace(model, hand, 3, () => [0, 0]);
  place.release();
  assert.equal(model.saves, 0);
  place.drag([2, 2]);
  model.set("z", []);
  assert.deepEqual([place.read(), place.moved()], [[2, 2], true]);
  place.release();
  assert.deepEqual([model.get("z"), model.saves], [[2, 2], 1]);
  model.set("z", [1, 0]);
  assert.deepEqual(place.read(), [1, 0]);
});
