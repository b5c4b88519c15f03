import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, FakeObserver, freshPages } from "./fakes.mjs";
import { toPixel } from "../../vae_helpers/widgets/shared/canvas.js";
import * as w from "../../vae_helpers/widgets/stroke_pad.js";

const page = freshPages();
const EDGES = [0.5 / 101, 100.5 / 101];
const UP = Array.from({ length: 16 }, (_, i) => (i >> 1) / 7); // from the lower left to the upper right
const DOWN = UP.map((value, i) => (i % 2 ? 1 - value : value)); // from the upper left to the lower right

/**
 * A pad on two held-out strokes. The encoder: mu = (2 tanh(y of the last point), -1), sigma = (1, 2). The decoder: each
 * point N((tanh z1, 0.5), I).
 */
function traits() {
  const forget = [0, -40, 0, ...Array(6).fill(0)]; // a state that is tanh of what comes in, and remembers nothing
  const encoder = { embedding: 1, gru: { inputs: 1, size: 1 }, outputs: 4 };
  const decoder = { embedding: 1, gru: { inputs: 3, size: 1 }, outputs: 4, blind: true, floor: 0 };
  const [read, write] = [[0, 1, 0, 0, 0, 1, ...forget], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, ...forget]];
  return {
    encoder: { sizes: encoder, weights: bytesOf([...read, 2, 0, 0, 0, 0, -1, 0, Math.log(4)]), half: false },
    decoder: { sizes: decoder, weights: bytesOf([...write, 1, 0, 0, 0, 0, 0.5, 0, 0]), half: false },
    strokes: bytesOf([...UP, ...DOWN]), points: bytesOf([1.5, -1, 0.1, -1]), costs: bytesOf([10, 20, 30, 1000]),
    point_labels: [7, 3], examples: [1, 0], colors: Array(10).fill("red"), limit: 4,
    lines: [], stroke: UP, index: 0, backwards: false, z: [], turn: 0, hand: [0, 0],
  };
}

function shown(changes = {}) {
  const [model, el] = [new FakeModel({ ...traits(), ...changes }), new FakeElement("div")];
  const stop = w.default.render({ model, el });
  assert.equal(el.querySelector(".vae-error")?.textContent, undefined);
  const [paper, map] = [".vae-draw-paper", ".vae-pad-map"].map((name) => el.querySelector(name));
  el.all("canvas").forEach((canvas) => FakeObserver.resize(canvas));
  const tell = (canvas, type, x, y) => canvas.handlers[type]({ button: 0, pointerId: 1, clientX: x, clientY: y });
  const text = (name) => el.querySelector(name).textContent;
  return {
    model, el, stop, paper, map,
    write: (...points) => {
      points.forEach(([x, y], i) => tell(paper, i ? "pointermove" : "pointerdown", 300 * x, 300 * y));
      tell(paper, "lostpointercapture", 0, 0);
      page.frames.next();
    },
    drag: (...places) => {
      places.forEach((z, i) => tell(map, i ? "pointermove" : "pointerdown", ...toPixel(...z, 300, 4)));
      return () => tell(map, "lostpointercapture", 0, 0);
    },
    press: (name) => {
      el.all("button").find(({ textContent }) => textContent === name).handlers.click();
      page.frames.next();
    },
    key: (canvas, key) => {
      canvas.handlers.keydown({ key, preventDefault: () => {} });
      page.frames.next();
    },
    word: () => text(".vae-stroke-word"),
    figures: () => text(".vae-draw-figures").split("\n"),
    from: () => text("figcaption").split("\n")[0],
  };
}

const button = (el, name) => el.all("button").find(({ textContent }) => textContent === name);

test("a held-out stroke: its Gaussian, what is written from the mean, what it costs, and which are near", () => {
  const { el, map, word, figures, from, paper } = shown();
  const mu = 2 * Math.tanh(1);
  assert.deepEqual([word(), from()], ["held-out stroke 0: 7", "p(x|z), from μ = (1.52, −1.00)"]);
  const x = Math.tanh(mu);
  const cost = UP.reduce((sum, value, i) => sum + (Math.log(2 * Math.PI) + (value - (i % 2 ? 0.5 : x)) ** 2) / 2, 0);
  const kl = (mu ** 2 + 1 + 1 + 4 - Math.log(4) - 2) / 2;
  assert.deepEqual(figures(), [
    `reconstruction at μ ${cost.toFixed(1)} + KL ${kl.toFixed(1)}`, `= ${(cost + kl).toFixed(1)} nats; held-out mean: 265.0`,
    "more than 25 % of 4 held-out",
  ]);
  const ellipses = map.context.calls.filter(([name]) => name === "ellipse").map((call) => call.slice(1, 5));
  const [place, unit] = [toPixel(mu, -1, 300, 4), 300 / 8];
  assertClose(ellipses.slice(-4, -2).flat(), [...place, 2 * unit, 4 * unit, ...place, unit, 2 * unit], 1e-4); // then the lens
  const near = el.querySelector(".vae-stroke-nearest").all("figcaption").map(({ textContent }) => textContent);
  assert.deepEqual(near, [7, 3]);
  assert.match(paper.attributes["aria-valuetext"], /^held-out stroke 0: 7; mu \(1\.52, −1\.00\), sigma \(1\.00, 2\.00\), near held-out strokes of the digit 7$/);
});

test("what is written is read as eight points, and the page shows them on the ink", () => {
  const { model, write, word, from, paper, figures } = shown();
  write([0.1, 0.9], [0.3, 0.1], [0.8, 0.6]);
  assert.deepEqual([word(), model.get("index"), model.get("lines").length], ["your drawing, 1 stroke", -1, 1]);
  const stroke = model.get("stroke");
  assert.equal(stroke.length, 16);
  assertClose(stroke.slice(0, 2), EDGES.slice(0, 1).concat(EDGES[0]));
  assertClose([Math.max(...stroke)], [EDGES[1]]);
  assert.equal(from(), `p(x|z), from μ = (${(2 * Math.tanh(stroke[15])).toFixed(2)}, −1.00)`);
  const numbers = paper.context.calls.filter(([name]) => name === "fillText").slice(-8);
  assert.deepEqual(numbers.map((call) => call[1]), [1, 2, 3, 4, 5, 6, 7, 8]);
  assertClose(numbers[0].slice(2), [30, 270], 1e-6);
  assertClose(numbers[7].slice(2), [240, 180], 1e-6);
  assert.match(figures()[0], /^reconstruction/);
  write([0.5, 0.5], [0.6, 0.2]);
  assert.equal(word(), "your drawing, 2 strokes");
});

test("the first point of a stroke, and an upright line, are none yet: the page says why", () => {
  const { model, write, word, figures, from, map } = shown();
  write([0.5, 0.5]);
  assert.deepEqual([word(), figures(), from()], ["A dot is no line.", ["nothing to read", "held-out mean: 265.0"], "p(x|z), from z = (0.00, 0.00)"]);
  write([0.5, 0.9]);
  assert.deepEqual(model.get("stroke"), []);
  assert.match(word(), /^A level or upright line can't be stretched/);
  assert.equal(map.attributes["aria-valuetext"], "z1 0.00, z2 0.00");
});

test("backwards: the same places, another code, and back again", () => {
  const { model, press, word, from, el } = shown();
  press("backwards");
  assert.deepEqual([word(), from()], ["held-out stroke 0: 7, backwards", "p(x|z), from μ = (0.00, −1.00)"]);
  assert.equal(button(el, "backwards").attributes["aria-pressed"], "true");
  assertClose(model.get("stroke"), [...UP].reverse());
  press("backwards");
  assert.deepEqual([model.get("stroke"), word()], [UP, "held-out stroke 0: 7"]);
});

test("a drawing backwards is the strokes and their points in the other order", () => {
  const { model, press, write } = shown();
  write([0.1, 0.1], [0.5, 0.2]);
  write([0.5, 0.5], [0.2, 0.9]);
  press("backwards");
  assert.deepEqual(model.get("lines"), [[[0.2, 0.9], [0.5, 0.5]], [[0.5, 0.2], [0.1, 0.1]]]);
});

test("undo, clear, examples and arrow keys", () => {
  const { el, model, press, write, key, paper, word } = shown();
  assert.equal(button(el, "undo").disabled, true);
  write([0.1, 0.1], [0.5, 0.2]);
  write([0.5, 0.5], [0.2, 0.9]);
  press("undo");
  assert.deepEqual([word(), button(el, "undo").disabled], ["your drawing, 1 stroke", false]);
  press("clear");
  assert.deepEqual([word(), model.get("stroke"), button(el, "backwards").disabled], ["an empty sheet", [], true]);
  const examples = el.querySelector(".vae-stroke-examples").all("button");
  assert.deepEqual(examples.map(({ attributes }) => attributes["aria-label"]), ["a held-out 3", "a held-out 7"]);
  examples[0].handlers.click();
  page.frames.next();
  assert.deepEqual([word(), examples.map(({ attributes }) => attributes["aria-pressed"])], ["held-out stroke 1: 3", ["true", "false"]]);
  assertClose(model.get("stroke"), DOWN, 1e-6);
  key(paper, "Home");
  assert.equal(word(), "held-out stroke 0: 7");
});

test("the cross is dragged: the decoder writes from there, and from mu again when asked or when something new comes", () => {
  const { el, model, drag, from, figures, press, key, map, write } = shown();
  const before = figures();
  const letGo = drag([0, 0], [-1, 2]);
  page.frames.next();
  assert.equal(from(), "p(x|z), from z = (−1.00, 2.00)");
  assert.deepEqual([figures(), model.saves], [before, 0]); // what the stroke costs is at mu
  model.set("z", [3, 3]); // from Python, while a hand holds it
  page.frames.next();
  assert.equal(from(), "p(x|z), from z = (−1.00, 2.00)");
  letGo();
  assert.deepEqual([model.get("z").map((value) => Math.round(value)), model.saves], [[-1, 2], 1]);
  press("back to μ");
  assert.deepEqual([model.get("z"), from(), button(el, "back to μ").disabled], [[], "p(x|z), from μ = (1.52, −1.00)", true]);
  key(map, "ArrowRight");
  assert.equal(from(), "p(x|z), from z = (1.57, −1.00)");
  write([0.1, 0.1], [0.5, 0.2]);
  assert.match(from(), /from μ/);
});

test("a mean beyond the map is said, and is written from all the same", () => {
  const far = traits();
  const { map, from } = shown({ limit: 1.2, points: far.points });
  const said = map.context.calls.filter(([name]) => name === "fillText").map((call) => call[1]);
  assert.ok(said.includes("μ lies beyond the edge"));
  assert.equal(from(), "p(x|z), from μ = (1.52, −1.00)"); // and not from the edge
});

test("what Python sets is shown, and each change of a hand says after which of Python's it came", () => {
  const { model, word, write } = shown();
  for (const [name, value] of Object.entries({ stroke: DOWN, index: -1, lines: [], turn: 5 })) model.set(name, value);
  page.frames.next();
  assert.equal(word(), "a stroke from Python");
  write([0.1, 0.1], [0.5, 0.2]);
  assert.equal(model.get("hand")[0], 5);
});

test("many movements of a hand are one picture", () => {
  const { paper } = shown();
  const tell = (type, x, y) => paper.handlers[type]({ button: 0, pointerId: 1, clientX: x, clientY: y });
  const asked = page.frames.asked;
  tell("pointerdown", 30, 30);
  for (let x = 40; x < 200; x += 10) tell("pointermove", x, x / 2);
  page.frames.next();
  assert.equal(page.frames.asked - asked, 1);
});

test("a closed view listens to nothing, and saves what is left", () => {
  const { model, stop, press } = shown();
  press("backwards");
  stop();
  assert.deepEqual([model.listeners, document.handlers, window.handlers, model.saves], [[], {}, {}, 1]);
});

test("a cross stands where a hand has taken z, and none before", () => {
  const { model, map } = shown();
  const painted = (z) => {
    map.context.calls.length = 0;
    model.set("z", z);
    page.frames.next();
    return map.context.calls.length;
  };
  const moved = painted([1.5, -1]);
  assert.ok(painted([]) < moved);
});

test("weights that do not fit are an error at once", () => {
  const el = new FakeElement("div");
  const broken = traits();
  broken.encoder.weights = bytesOf([1, 2]);
  w.default.render({ model: new FakeModel(broken), el });
  assert.match(el.querySelector(".vae-error").textContent, /2 weights came, the GRU of points holds \d+/);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
