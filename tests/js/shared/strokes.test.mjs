import assert from "node:assert/strict";
import test from "node:test";

import { assertClose } from "../fakes.mjs";
import { PEN, toPixels, toPixelsInPlace } from "../../../vae_helpers/widgets/shared/strokes.js";

const SEVEN = [[[0.2, 0.2], [0.8, 0.2], [0.45, 0.9]]];
const moved = (strokes, across, down) => strokes.map((stroke) => stroke.map(([x, y]) => [x + across, y + down]));
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** From where to where there is ink, [left, right, top, bottom], and the centre of mass [x, y], in pixels' numbers. */
function measure(ink) {
  const inked = [...ink.keys()].filter((i) => ink[i] > 0);
  const [xs, ys] = [inked.map((i) => i % 28), inked.map((i) => Math.floor(i / 28))];
  const mean = (places) => sum(places.map((place, k) => place * ink[inked[k]])) / sum(ink);
  const box = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return { box, center: [mean(xs), mean(ys)], size: [box[1] - box[0] + 1, box[3] - box[2] + 1] };
}

test("an empty sheet is blank paper", () => {
  for (const strokes of [[], [[]]]) assert.deepEqual(toPixels(strokes), new Float32Array(784));
});

test("a dot is as round as the pen, and fills 20 pixels with a margin of 4", () => {
  const ink = toPixels([[[0.3, 0.7]]]);
  assert.deepEqual(measure(ink).box, [4, 23, 4, 23]);
  assert.ok(Math.abs(sum(ink) - 100 * Math.PI) < 1, `${sum(ink)}`); // a disc of radius 10
  for (let i = 0; i < 784; i++) {
    const across = Math.floor(i / 28) + 28 * (i % 28);
    assert.equal(ink[i], ink[across]);
  }
});

test("the longer side is 20 pixels long, the other one in proportion, and each pixel holds its share of the ink", () => {
  const line = toPixels([[[0.1, 0.5], [0.9, 0.5]]]);
  const scale = 20 / (0.8 + PEN);
  assert.equal(measure(line).size[0], 20);
  assert.equal(measure(line).size[1], Math.ceil(PEN * scale));
  const area = 0.8 * PEN + (Math.PI / 4) * PEN ** 2;
  assert.ok(Math.abs(sum(line) / (area * scale ** 2) - 1) < 0.01, `${sum(line)}`);
  assert.deepEqual(measure(toPixels(SEVEN)).size, [Math.ceil(((0.6 + PEN) * 20) / (0.7 + PEN)), 20]);
});

test("where on the square it was drawn makes no difference", () => {
  const wanted = toPixels(SEVEN);
  for (const by of [[-0.15, -0.15], [0.15, 0.05], [0.1234, -0.0987]]) assertClose(toPixels(moved(SEVEN, ...by)), wanted, 1e-5);
});

test("the centre of mass lies within half a pixel of pixel 14, and exactly half of it to the left and up", () => {
  assertClose(measure(toPixels([[[0.1, 0.1], [0.9, 0.9]], [[0.9, 0.1], [0.1, 0.9]]])).center, [13.5, 13.5], 1e-5);
  for (const strokes of [SEVEN, [[[0.1, 0.1], [0.1, 0.9], [0.6, 0.9]]], [[[0.9, 0.1], [0.1, 0.5], [0.9, 0.9]]]]) {
    for (const place of measure(toPixels(strokes)).center) assert.ok(place > 13.5 - 1e-3 && place < 14.5, `${place}`);
  }
});

test("but no ink goes over an edge for that", () => {
  const block = Array.from({ length: 12 }, (_, k) => [0.1 + 0.02 * k, k % 2 ? 0.1 : 0.9]);
  const heavy = [block, [[0.32, 0.5], [0.95, 0.5]]]; // most of the ink to the left
  const { box, center } = measure(toPixels(heavy));
  assert.deepEqual(box.slice(0, 2), [8, 27]);
  assert.ok(center[0] < 13.5, `${center}`);
  const mirrored = measure(toPixels(heavy.map((stroke) => stroke.map(([x, y]) => [1 - x, y]))));
  assert.deepEqual(mirrored.box.slice(0, 2), [0, 19]);
});

test("strokes are not joined, and one that crosses another adds no ink there", () => {
  const two = toPixels([[[0.2, 0.1], [0.2, 0.9]], [[0.8, 0.1], [0.8, 0.9]]]);
  const middle = Array.from({ length: 28 }, (_, row) => two[28 * row + 14]);
  assert.equal(sum(middle), 0);
  const cross = toPixels([[[0.1, 0.5], [0.9, 0.5]], [[0.5, 0.1], [0.5, 0.9]], [[0.5, 0.1], [0.5, 0.9]]]);
  assert.ok(Math.max(...cross) === 1 && Math.min(...cross) === 0);
  assert.deepEqual(cross, toPixels([[[0.1, 0.5], [0.9, 0.5]], [[0.5, 0.1], [0.5, 0.9]]]));
});

test("a pen that stands still and one that goes the same way in more steps draw the same", () => {
  const steps = [[[0.2, 0.2], [0.2, 0.2], [0.35, 0.2], [0.8, 0.2], [0.8, 0.2], [0.45, 0.9]]];
  assertClose(toPixels(steps), toPixels(SEVEN), 1e-6);
});

test("nothing of a drawing is changed", () => {
  const frozen = Object.freeze(SEVEN.map((stroke) => Object.freeze(stroke.map((point) => Object.freeze([...point])))));
  assert.ok(sum(toPixels(frozen)) > 50);
});

test("in place: strokes stay where they are, in a pen of one width, and reach the edges", () => {
  const by = 5 / 28;
  const [here, there] = [[[[0.2, 0.3], [0.4, 0.3]]], [[[0.2 + by, 0.3 + by], [0.4 + by, 0.3 + by]]]].map(toPixelsInPlace);
  assertClose(measure(here).center, [0.3 * 28 - 0.5, 0.3 * 28 - 0.5], 0.05);
  for (let i = 0; i < 784 - 5 * 29; i++) if (here[i] > 0) assert.ok(Math.abs(there[i + 5 * 29] - here[i]) < 1e-5);
  assert.ok(Math.abs(sum(here) / (0.2 * PEN + (Math.PI / 4) * PEN ** 2) / 784 - 1) < 0.03, `${sum(here)}`);
  const longer = toPixelsInPlace([[[0.2, 0.3], [0.4, 0.3], [1, 1]]]);
  here.forEach((value, i) => assert.ok(longer[i] >= value)); // more ink moves none that was there
  assert.equal(longer[783], 1);
  assert.deepEqual(toPixelsInPlace([]), new Float32Array(784));
});
