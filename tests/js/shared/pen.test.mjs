import assert from "node:assert/strict";
import { test } from "node:test";

import { assertClose } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/pen.js";

const EDGES = [0.5 / 101, 100.5 / 101];

test("points equally far apart along a corner, wherever the pen was seen", () => {
  const wanted = [[0, 0], [1, 0], [1, 1], [1, 2], [1, 3]].flat();
  for (const seen of [[[0, 0], [1, 0], [1, 3]], [[0, 0], [0.1, 0], [0.2, 0], [1, 0], [1, 0], [1, 2.5], [1, 3]]]) {
    assertClose(w.resample(seen, 5).flat(), wanted);
  }
});

test("a line without length is no line", () => {
  for (const seen of [[], [[0.2, 0.3]], [[0.2, 0.3], [0.2, 0.3]]]) assert.equal(w.resample(seen), null);
});

test("stretched to all four edges, and a level or upright line to none", () => {
  assertClose(w.stretch([[3, 0], [4, 10], [3.5, 5]]).flat(), [EDGES[0], EDGES[0], EDGES[1], EDGES[1], 0.5, 0.5]);
  assert.equal(w.stretch([[0, 1], [2, 1]]), null);
  assert.equal(w.stretch([[1, 0], [1, 2]]), null);
});

test("a hand's strokes are joined in the order of writing; the paper's y goes down, the stroke's up", () => {
  const { places, stroke } = w.readHand([[[0.2, 0.2], [0.2, 0.5]], [[0.6, 0.5], [0.6, 0.5]]]);
  assertClose(places.flat(), [0, 0.1, 0.2, 0.3].flatMap((y) => [0.2, 0.2 + y]).concat([0.1, 0.2, 0.3, 0.4].flatMap((x) => [0.2 + x, 0.5])));
  assertClose(stroke.slice(0, 2), [EDGES[0], EDGES[1]]); // the top left
  assertClose(stroke.slice(-2), [EDGES[1], EDGES[0]]);
});

test("a dot has no places, an upright line no stroke", () => {
  assert.deepEqual(w.readHand([]), { places: [], stroke: [] });
  assert.deepEqual(w.readHand([[[0.5, 0.5]]]), { places: [], stroke: [] });
  const { places, stroke } = w.readHand([[[0.5, 0.2], [0.5, 0.9]]]);
  assert.deepEqual([places.length, stroke], [8, []]);
});

test("backwards is from the last point to the first", () => {
  assert.deepEqual(w.reversed([1, 2, 3, 4, 5, 6]), [5, 6, 3, 4, 1, 2]);
  assert.deepEqual(w.reversed([]), []);
  const line = [[0.1, 0.1], [0.9, 0.3], [0.4, 0.8]];
  assertClose(w.readHand([[...line].reverse()]).stroke, w.reversed(w.readHand([line]).stroke));
});
