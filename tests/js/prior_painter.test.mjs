import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, FakeObserver, freshPages } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/prior_painter.js";

const page = freshPages();

function traits(more = {}) {
  const zeros = (count) => new DataView(new ArrayBuffer(2 * count));
  const presets = [{ name: "ring", points: bytesOf([2, 0, -2, 0]) }, { name: "heart", points: bytesOf([1, 1]) }];
  return {
    points: bytesOf([1, 1]), prior_name: "heart", weight: 3, presets,
    numbers: zeros(2 * 5), directions: zeros(2 * 784), mean: zeros(784), labels: [0, 1, 2, 0, 1],
    colors: ["#111", "#222", "#333"], limit: 4, spread: 0.12, presenter: false, ...more,
  };
}

function render(model) {
  const el = new FakeElement("div");
  const stop = w.default.render({ model, el });
  assert.equal(el.querySelector(".vae-error"), null, el.text);
  const canvas = el.querySelector(".vae-painter-plane");
  FakeObserver.resize(canvas);
  const press = (text) => el.all(".vae-button").find(({ textContent }) => textContent === text).handlers.click();
  const points = () => [...new Float32Array(model.get("points").buffer)];
  return { el, stop, canvas, press, points, state: () => el.querySelector(".vae-painter-state").textContent };
}

test("it learns frame by frame once asked to, and pauses", () => {
  const { press, state } = render(new FakeModel(traits()));
  assert.match(state(), /^0 steps/);
  press("train");
  page.frames.next();
  page.frames.next();
  assert.ok(parseInt(state()) >= 2);
  press("pause");
  const before = state();
  page.frames.next();
  assert.equal(state(), before);
  press("restart");
  assert.match(state(), /^0 steps/);
});

test("it waits while nobody sees it: on a hidden slide, or above or below the window", () => {
  const { el, press, state } = render(new FakeModel(traits()));
  press("train");
  page.frames.next();
  const before = state();
  assert.doesNotMatch(before, /^0 steps/);
  for (const box of [{ top: 0, height: 0 }, { top: -400, height: 300 }, { top: 700, height: 300 }]) {
    el.getBoundingClientRect = () => box;
    page.frames.next();
    assert.equal(state(), before);
  }
  el.getBoundingClientRect = () => ({ top: 500, height: 300 });
  page.frames.next();
  assert.ok(parseInt(state()) > parseInt(before)); // it has not forgotten that it was asked to
});

test("a hand paints, erases, clears, and takes a preset", () => {
  const model = new FakeModel(traits());
  const { canvas, press, points, state } = render(model);
  const { pointerdown, pointermove, lostpointercapture } = canvas.handlers;
  press("clear");
  page.frames.next();
  assert.match(state(), /nothing is painted/);
  pointerdown({ button: 0, pointerId: 7, clientX: 150, clientY: 150 }); // the origin, of -4 to 4 on 300 pixels
  pointermove({ pointerId: 7, clientX: 155, clientY: 150 });
  lostpointercapture({ pointerId: 7 });
  assertClose(points(), [0, 0, 0.06, 0, 0.12, 0], 1e-6);
  assert.equal(model.get("prior_name"), "painted");
  press("eraser");
  pointerdown({ button: 0, pointerId: 7, clientX: 150, clientY: 150 });
  assert.deepEqual(points(), []);
  press("ring");
  assert.deepEqual([points(), model.get("prior_name")], [[2, 0, -2, 0], "ring"]);
});

test("on an empty plane there is no game: D has no loss, and learns nothing", () => {
  const numbers = Float32Array.from({ length: 24 * 128 }, (_, i) => Math.sin(i));
  const study = w.makeStudy({ size: 24, numbers, batch: () => numbers }, 0.12);
  const somewhere = Float32Array.of(1, 1, -2, 0.5);
  const believed = [...study.game.believe(somewhere)];
  study.learn(new Float32Array(0), 3, (done) => done < 20);
  assert.equal(study.steps, 20);
  assert.deepEqual([...study.game.believe(somewhere)], believed);
  assert.deepEqual(study.loss.means(), []);
  assert.ok(Number.isNaN(study.loss.last()) && study.error.means().length > 0);
  study.learn(somewhere, 3, (done) => done < 20);
  assert.notDeepEqual([...study.game.believe(somewhere)], believed);
  assert.equal(study.loss.means().length, 2);
});

test("without a game the loss is a dash, in place of a number", () => {
  const { el, press } = render(new FakeModel(traits({ points: bytesOf([]) })));
  press("train");
  page.frames.next();
  const names = el.all(".vae-painter-curve-name").map(({ textContent }) => textContent);
  assert.match(names[0], /^squared error: \d/);
  assert.match(names[1], /^D\u2019s loss: \u2013 \(/);
});

test("the preset that is on the plane is pressed, and none once a hand has painted or Python has", () => {
  const model = new FakeModel(traits());
  const { el, canvas, press } = render(model);
  const pressed = () => {
    page.frames.next();
    const are = el.all(".vae-button").filter(({ attributes }) => attributes["aria-pressed"] === "true");
    return are.map(({ textContent }) => textContent);
  };
  assert.deepEqual(pressed(), ["heart"]);
  press("ring");
  assert.deepEqual(pressed(), ["ring"]);
  canvas.handlers.pointerdown({ button: 0, pointerId: 7, clientX: 150, clientY: 150 });
  assert.deepEqual(pressed(), []);
  press("ring");
  pressed();
  model.set("prior_name", "painted"); // Python's, after the frame that showed its points
  assert.deepEqual(pressed(), []);
});

for (const other of ["clear", "ring"]) {
  test(`${other} puts the eraser down: what comes next paints`, () => {
    const { el, canvas, press, points } = render(new FakeModel(traits()));
    const eraser = el.all(".vae-button").find(({ textContent }) => textContent === "eraser");
    press("eraser");
    assert.equal(eraser.attributes["aria-pressed"], "true");
    press(other);
    page.frames.next();
    assert.equal(eraser.attributes["aria-pressed"], "false");
    const before = points().length;
    canvas.handlers.pointerdown({ button: 0, pointerId: 7, clientX: 150, clientY: 150 });
    assert.equal(points().length, before + 2);
  });
}

test("a ring as wide as the eraser is around the cross while it is in the hand", () => {
  const { canvas, press } = render(new FakeModel(traits()));
  const { calls } = canvas.getContext("2d");
  const rings = () => {
    calls.length = 0;
    page.frames.next();
    return calls.filter(([name, x, y, radius]) => name === "arc" && x === 150 && y === 150 && radius > 10);
  };
  press("eraser");
  assertClose(rings()[0].slice(1, 4), [150, 150, (0.35 / 4) * 150]);
  press("eraser");
  assert.deepEqual(rings(), []);
});

test("keys move the cross and paint", () => {
  const model = new FakeModel(traits());
  const { canvas, press, points } = render(model);
  press("clear");
  const key = (name) => canvas.handlers.keydown({ key: name, shiftKey: true, preventDefault: () => {} });
  ["ArrowRight", "ArrowUp", " "].forEach(key);
  assertClose(points(), [0.5, 0.5]);
});

test("the weight", () => {
  const model = new FakeModel(traits());
  const slider = render(model).el.querySelector(".vae-fader");
  assert.equal(slider.attributes["aria-valuetext"], "3");
  slider.value = "0";
  slider.handlers.input();
  page.frames.next();
  assert.equal(model.get("weight"), 0);
  assert.equal(slider.attributes["aria-valuetext"], "0: no game");
});

test("a view that is gone leaves nothing that listens", () => {
  const model = new FakeModel(traits());
  const { stop, press } = render(model);
  press("train");
  stop();
  assert.deepEqual([model.listeners, document.handlers, window.handlers, page.frames.waiting.size], [[], {}, {}, 0]);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
