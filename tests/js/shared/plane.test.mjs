import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { assertClose, FakeElement, FakeModel, fakePage } from "../fakes.mjs";
import { toPixel } from "../../../vae_helpers/widgets/shared/canvas.js";
import * as w from "../../../vae_helpers/widgets/shared/plane.js";

test("a place on the map and back", () => {
  for (const z of [[0, 0], [1, -2], [4, 4], [-4, 3.25]]) {
    assertClose(w.toLatent(...toPixel(...z, 400, 4), 400, 4), z);
  }
});

test("beyond the edge it is the nearest place on the map", () => {
  assert.deepEqual(w.toLatent(-30, 999, 400, 4), [-4, -4]);
  assert.deepEqual(w.toLatent(500, 100, 400, 4), [4, 2]);
});

test("each key's step", () => {
  const presses = {
    ArrowRight: [0.55, -1],
    ArrowLeft: [0.45, -1],
    ArrowUp: [0.5, -0.95],
    ArrowDown: [0.5, -1.05],
    PageUp: [0.5, -0.5],
    PageDown: [0.5, -1.5],
    Home: [0, 0],
    Tab: null,
    constructor: null,
  };
  for (const [key, wanted] of Object.entries(presses)) assert.deepEqual(w.step([0.5, -1], key, false, 4), wanted, key);
  assert.deepEqual(w.step([0.5, -1], "ArrowLeft", true, 4), [0, -1]);
  assert.deepEqual(w.step([0.5, -1], "ArrowUp", true, 4), [0.5, -0.5]);
});

test("twenty steps make 1, and no step leaves the map", () => {
  let z = [0, 0];
  for (let i = 0; i < 20; i++) z = w.step(z, "ArrowRight", false, 4);
  assert.deepEqual(z, [1, 0]);
  assert.deepEqual(w.step([3.98, 4], "ArrowRight", false, 4), [4, 4]);
  assert.deepEqual(w.step([0, -3.9], "PageDown", false, 4), [0, -4]);
});

test("the caption", () => {
  const far = "z = (0.52, -1.30)\n|z| = 1.40\n62 % of the prior lies nearer to the origin";
  assert.equal(w.caption([0.52, -1.3]), far);
  assert.match(w.caption([-0.001, 0]), /^z = \(0\.00, 0\.00\)\n\|z\| = 0\.00\n0 % of/);
});

test("two decimals, and no minus sign on a zero", () => {
  assert.deepEqual([-0.004, 0.004, -0.006, 2].map(w.twoDecimals), ["0.00", "0.00", "-0.01", "2.00"]);
});

// How a hand, the views and Python share the latent. Time passes only when `later()` says so.
let timers, later;
const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

beforeEach(() => {
  timers = new Map();
  let count = 0;
  globalThis.setTimeout = (f) => {
    timers.set(++count, f);
    return count;
  };
  globalThis.clearTimeout = (id) => timers.delete(id);
  later = () => [...timers.values()].forEach((f) => f());
});

afterEach(() => Object.assign(globalThis, real));

function hold() {
  const model = new FakeModel({ z1: 0.5, z2: -9 });
  return { model, hand: w.holdZ(model, 4), z: () => [model.get("z1"), model.get("z2")] };
}

test("what is read stays on the map", () => {
  assert.deepEqual(hold().hand.read(), [0.5, -4]);
});

test("a drag is seen at once and saved once in a while", () => {
  const { model, hand, z } = hold();
  for (let i = 1; i <= 30; i++) hand.drag([i / 10, 0]);
  assert.deepEqual([z(), hand.read(), model.saves], [[3, 0], [3, 0], 0]);
  later();
  assert.equal(model.saves, 1);
  hand.drag([1, 1]);
  later();
  assert.equal(model.saves, 2);
});

test("while a hand holds it, a latent from Python waits, and where the hand lets go is the last word", () => {
  const { model, hand, z } = hold();
  hand.drag([1, 2]);
  model.set("z1", -3);
  assert.deepEqual(hand.read(), [1, 2]);
  hand.release();
  assert.deepEqual([z(), model.saves, timers.size], [[1, 2], 1, 0]); // saved at once, and only once
  model.set("z1", -3);
  assert.deepEqual(hand.read(), [-3, 2]);
});

test("a key moves it without holding it", () => {
  const { model, hand } = hold();
  hand.move([1, 1]);
  model.set("z2", 2);
  assert.deepEqual(hand.read(), [1, 2]);
});

test("letting go of nothing saves nothing; a closed view saves what is left", () => {
  const { model, hand } = hold();
  hand.release();
  hand.stop();
  assert.equal(model.saves, 0);
  hand.move([1, 1]);
  hand.stop();
  later();
  assert.equal(model.saves, 1);
});

/** A square of 300 pixels that shows -4 to 4, and the backgrounds that were painted. */
function addPlane() {
  fakePage();
  const model = new FakeModel({ z1: 2, z2: -1 });
  const painted = [];
  const paint = ({ width }, unit) => {
    painted.push([width, unit]);
    return { width };
  };
  const hand = w.holdZ(model, 4);
  return { model, hand, painted, plane: w.addPlane(new FakeElement("div"), 4, hand, { name: "map", paint }) };
}

test("what stays is painted for each size and when it has changed, not before it is on the page", () => {
  const { plane, painted } = addPlane();
  plane.repaint();
  plane.draw([0, 0], []);
  assert.deepEqual([painted, plane.canvas.context.calls.length], [[], 0]);
  assert.deepEqual([plane.fit(), plane.fit()], [true, false]);
  plane.repaint();
  plane.canvas.clientWidth = 400;
  assert.equal(plane.fit(), true);
  assert.deepEqual(painted, [[300, 1], [300, 1], [400, 1]]);
});

test("the point and the rings are where they belong, and said in words", () => {
  const { plane } = addPlane();
  plane.fit();
  plane.draw([2, -1], [[0, 0], [1, 1]]);
  const rings = plane.canvas.context.calls.filter(([name]) => name === "arc").map(([, x, y]) => [x, y]);
  assert.deepEqual(rings, [[0, 0], [1, 1], [2, -1]].map(([x, y]) => toPixel(x, y, 300, 4)));
  const { attributes } = plane.canvas;
  assert.deepEqual([attributes["aria-valuenow"], attributes["aria-valuetext"]], ["2.00", "z1 2.00, z2 -1.00"]);
  assert.match(attributes["aria-label"], /^map\. Drag or click/);
});

test("mouse and keys move the point: of several fingers the first, and no key while one drags", () => {
  const { plane, model } = addPlane();
  const { handlers } = plane.canvas;
  const tell = (type, pointerId, x, y) => handlers[type]({ button: 0, pointerId, clientX: x, clientY: y });
  const key = (name, more = {}) => handlers.keydown({ key: name, preventDefault: () => {}, ...more });
  const z = () => [model.get("z1"), model.get("z2")];
  tell("pointerdown", 1, 150, 150);
  tell("pointerdown", 2, 0, 0);
  tell("pointermove", 2, 0, 0);
  key("ArrowUp");
  assert.deepEqual(z(), [0, 0]);
  tell("pointermove", 1, 300, 150);
  tell("lostpointercapture", 2);
  tell("pointermove", 1, 225, 75);
  tell("lostpointercapture", 1);
  tell("pointermove", 1, 0, 0);
  assert.deepEqual(z(), [2, 2]);
  key("ArrowRight");
  key("ArrowRight", { ctrlKey: true });
  key("a");
  assert.deepEqual(z(), [2.05, 2]);
});
