import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, FakeObserver, freshPages } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/moving_pen.js";

const page = freshPages();
let calm = false;
globalThis.matchMedia = () => ({ matches: calm });

/** A pen of one state, n = tanh(input * (x + y of the point before) + z): its x; y is 0.5, sigma e^-2 but for the floor. */
function weights(input) {
  return [1, 1, 0, ...[0, 0, input, 0, 0, 1, 0, -20, 0, 0, 0, 0, 0, 0, 0], ...[1, 0, 0, 0], ...[0, 0.5, -4, -4]];
}

/** Two models, one that reads no points; z from 0 to 1, and two other strokes, whose z are -1 and 2. */
const traits = () => ({
  names: ["no input", "points"],
  networks: [true, false].map((blind) => ({ embedding: 1, gru: { inputs: 2, size: 1 }, outputs: 4, blind, floor: 0.01 })),
  weights: bytesOf([...weights(1), ...weights(0.5)]), half: false, latent_dim: 1,
  codes: bytesOf([0, 1, -1, 2, 0, 1, -1, 2]), others: bytesOf(Array(32).fill(0.5)), noise: bytesOf(Array(16).fill(0)),
  t: 0, model: "no input", temperature: 0, speed: 4, shuffle: false, told: 0, walk: false, presenter: false,
  hottest: 1.5, speeds: [1, 12],
});

function shown(changes = {}) {
  const [model, el] = [new FakeModel({ ...traits(), ...changes }), new FakeElement("div")];
  const stop = w.default.render({ model, el });
  assert.equal(el.querySelector(".vae-error")?.text, undefined);
  const canvases = el.all("canvas");
  canvases.forEach((canvas) => FakeObserver.resize(canvas));
  const paper = el.querySelector(".vae-pen-paper");
  const label = () => paper.attributes["aria-label"];
  return { model, el, stop, paper, label, faders: el.all(".vae-fader"), boxes: el.all("input").filter(({ type }) => type === "checkbox") };
}

const button = (el, text) => el.all("button").find(({ textContent }) => textContent === text);
const ends = (canvas) => canvas.context.calls.filter(([name]) => name === "lineTo").map((call) => call.slice(1));

/** Frames until nobody asks for one: how many. */
function settle() {
  let count = 0;
  for (; page.frames.waiting.size > 0 && count < 100; count++) page.frames.next();
  return count;
}

/** The clock that `performance.now` reads; `run(ms)` lets it go on, frame by frame. */
function clock(t) {
  let now = 1000;
  t.mock.method(performance, "now", () => now);
  return (ms) => {
    for (const end = now + ms; now < end; page.frames.next()) now += 10;
  };
}

test("z goes straight from one code to the other, and the pen writes what it says", () => {
  const { "no input": pen } = w.readPens(new FakeModel(traits()));
  const settings = { noise: new Float32Array(16), temperature: 0, shuffle: false, told: 0 };
  const at = (t) => w.stepsAt(pen, t, settings).written.map(({ point }) => point[0]);
  assertClose(at(0), Array(8).fill(0), 1e-6);
  assertClose(at(0.25), Array(8).fill(Math.tanh(0.25)), 1e-6);
  assert.equal(w.stepsAt(pen, 0.25, settings).expected, null);
});

test("each model has codes of its own", () => {
  const pens = w.readPens(new FakeModel({ ...traits(), codes: bytesOf([0, 1, -1, 2, 3, 4, 5, 6]) }));
  assert.deepEqual(pens["no input"].codes, [[0], [1], [-1], [2]]);
  assert.deepEqual(pens.points.codes, [[3], [4], [5], [6]]);
});

test("shuffled, it reads the same points and is told another's z", () => {
  const pens = w.readPens(new FakeModel(traits()));
  const settings = { noise: new Float32Array(16), temperature: 0, shuffle: true, told: 1 };
  const blind = w.stepsAt(pens["no input"], 0, settings);
  assertClose(blind.expected.map(({ mean }) => mean[0]), Array(8).fill(Math.tanh(2)), 1e-6);
  const { written, expected } = w.stepsAt(pens.points, 0, settings);
  assert.deepEqual(expected.map(({ point }) => point), written.map(({ point }) => point));
  assertClose([expected[1].mean[0]], [Math.tanh(0.5 * (written[0].point[0] + 0.5) + 2)], 1e-6);
});

test("t moves the stroke; who can't see it hears its points", () => {
  const { model, faders, label, el } = shown();
  assert.deepEqual(faders.map(({ attributes }) => attributes["aria-label"]), ["t", "temperature", "speed"]);
  assert.match(label(), /^the pen's stroke at t = 0\.00, model: no input; x and y: 0\.0 0\.5, /);
  faders[0].value = "0.5";
  faders[0].handlers.input();
  page.frames.next();
  assert.match(label(), /^the pen's stroke at t = 0\.50, model: no input; x and y: 0\.5 0\.5, /);
  assert.deepEqual([model.get("t"), faders[0].value, faders[0].attributes["aria-valuetext"]], [0.5, 0.5, "0.50"]);
  assert.equal(faders[1].attributes["aria-valuetext"], "0, the means");
  el.all(".vae-pen-step")[2].handlers.click();
  assert.equal(model.get("t"), 1 / 3);
});

test("speed and walk that Python sets are shown, and nothing is drawn for them", () => {
  const { model, faders, boxes, paper } = shown();
  settle();
  const before = paper.context.calls.length;
  model.set("speed", 9);
  page.frames.next();
  assert.deepEqual([faders[2].value, faders[2].attributes["aria-valuetext"]], [9, "9 points a second"]);
  model.set("walk", true);
  page.frames.next();
  assert.deepEqual([boxes[1].checked, paper.context.calls.length], [true, before]);
});

test("only what changed is computed: t leaves the row as it is", () => {
  const { model, el, paper } = shown();
  const row = el.all(".vae-pen-step").map((step) => step.querySelector("canvas"));
  const counts = () => [paper, ...row].map((canvas) => canvas.context.calls.length);
  settle();
  const before = counts();
  model.set("t", 0.3);
  settle();
  const after = counts();
  assert.ok(after[0] > before[0]);
  assert.deepEqual(after.slice(1), before.slice(1));
  model.set("temperature", 0.5);
  settle();
  assert.ok(counts().every((count, k) => count > after[k]));
});

test("the row is drawn bit by bit, and each stroke has its turn", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => (now += 2)); // whatever is done takes 2 ms
  const { model, el } = shown();
  const row = el.all(".vae-pen-step").map((step) => step.querySelector("canvas"));
  assert.equal(settle(), 7);
  const drawn = () => row.map((canvas) => canvas.context.calls.length);
  let before = drawn();
  const seen = new Set();
  for (let k = 0; k < 8; k++) {
    model.set("temperature", (k + 1) / 10); // a hand that drags on
    page.frames.next();
    drawn().forEach((count, i) => count > before[i] && seen.add(i));
    before = drawn();
  }
  assert.equal(seen.size, 7);
});

test("a model is chosen with a button, which then says so; one alone has none", () => {
  const { model, el, label } = shown();
  const pressed = () => ["no input", "points"].map((name) => button(el, name).attributes["aria-pressed"]);
  assert.deepEqual(pressed(), ["true", "false"]);
  button(el, "points").handlers.click();
  page.frames.next();
  assert.deepEqual([model.get("model"), pressed()], ["points", ["false", "true"]]);
  assert.match(label(), /model: points/);
  const [networks, names] = [traits().networks.slice(0, 1), [""]];
  const alone = shown({ names, networks, model: "", weights: bytesOf(weights(1)), codes: bytesOf([0, 1, -1, 2]) });
  assert.equal(alone.el.all("button").length, 3);
  assert.match(alone.label(), /^the pen's stroke at t = 0\.00; x/);
});

test("shuffle z shows whose z it is, and what the points cost", () => {
  const { model, el, boxes, label } = shown();
  const told = el.querySelector(".vae-pen-told");
  assert.deepEqual([told.classes.has("vae-pen-idle"), el.querySelector(".vae-figures").text], [true, ""]);
  boxes[0].checked = true;
  boxes[0].handlers.change();
  page.frames.next();
  assert.deepEqual([model.get("shuffle"), told.classes.has("vae-pen-idle")], [true, false]);
  const [, own, other] = el.querySelector(".vae-figures").text.split("\n").map((line) => Number(/^−?[\d]+/.exec(line)?.[0].replace("−", "-")));
  const { written, expected } = w.stepsAt(w.readPens(model)["no input"], 0, { noise: new Float32Array(16), temperature: 0, shuffle: true, told: 0 });
  const sum = (steps) => steps.reduce((total, { mean, sigma, point }) => total + 0.5 * ((point[0] - mean[0]) / sigma[0]) ** 2, 0);
  assert.ok(Math.abs(other - own - sum(expected) + sum(written)) <= 1);
  assert.match(label(), /^points expected when told another stroke's z at t = 0\.00, .*: −0\.8 0\.5/);
});

test("the small stroke is the one whose z is told", () => {
  const { model, el } = shown({ others: bytesOf([...Array(16).fill(0.25), ...Array(16).fill(0.75)]) });
  const small = el.querySelector(".vae-pen-told").querySelector("canvas");
  const isRight = () => ends(small).every(([x, y]) => x > y); // y goes down
  settle();
  assert.ok(ends(small).length > 0 && !isRight());
  small.context.calls.length = 0;
  model.set("told", 1);
  settle();
  assert.ok(ends(small).length > 0 && isRight());
});

test("draw anew is other noise, and another stroke's z", () => {
  const { model, el } = shown();
  const noise = model.get("noise");
  button(el, "draw anew").handlers.click();
  assert.notEqual(model.get("noise"), noise);
  assert.deepEqual([model.get("noise").byteLength, model.get("told")], [64, 1]);
  button(el, "draw anew").handlers.click();
  assert.equal(model.get("told"), 0);
});

test("draw anew waits where nothing would be drawn anew", () => {
  const { model, el } = shown();
  const waits = () => {
    page.frames.next();
    return button(el, "draw anew").disabled;
  };
  assert.equal(waits(), true);
  model.set("shuffle", true);
  assert.equal(waits(), false);
  model.set("shuffle", false);
  assert.equal(waits(), true);
  model.set("temperature", 0.5);
  assert.equal(waits(), false);
});

test("the pen goes its way in time, rests, and begins again", (t) => {
  const run = clock(t);
  const { el, paper, model } = shown({ speed: 7 });
  const lines = (f) => {
    paper.context.calls.length = 0;
    f();
    return ends(paper).length;
  };
  const whole = lines(() => (model.set("t", 0.01), page.frames.next()));
  button(el, "play").handlers.click();
  assert.ok(button(el, "pause"));
  run(490);
  assertClose([lines(() => run(10))], [whole / 2], 1.01); // 3.5 of the 7 points that lie before it
  run(700);
  assert.equal(lines(() => run(10)), whole);
  run(900);
  assert.ok(lines(() => run(10)) < whole); // again
  button(el, "pause").handlers.click();
  page.frames.next();
  assert.deepEqual([page.frames.waiting.size, model.get("t")], [0, 0.01]);
});

test("after a pause the pen goes on from where it was", (t) => {
  const run = clock(t);
  const { el, paper } = shown({ speed: 7 });
  button(el, "play").handlers.click();
  run(500);
  button(el, "pause").handlers.click();
  run(200);
  button(el, "play").handlers.click();
  paper.context.calls.length = 0;
  run(10);
  assertClose([ends(paper).length], [35], 2); // 3.5 points, ten pieces each
});

test("a playing pen computes nothing", (t) => {
  const run = clock(t);
  const { el, model } = shown();
  settle();
  button(el, "play").handlers.click();
  const get = t.mock.method(model, "get");
  run(500);
  const asked = new Set(get.mock.calls.map((call) => call.arguments[0]));
  assert.deepEqual([...asked], ["speed"]);
});

test("walking on, it takes the next t after each stroke", (t) => {
  const run = clock(t);
  const { el, model } = shown({ walk: true, speed: 12, t: 0.4 });
  button(el, "play").handlers.click();
  const seen = new Set();
  for (let k = 0; k < 60; k++) {
    run(100);
    seen.add(model.get("t"));
  }
  assert.deepEqual([...seen], [0.4, 1 / 2, 2 / 3, 5 / 6, 1]);
  assert.deepEqual([0, 1 / 6, 0.99, 1].map(w.nextOf), [1 / 6, 1 / 3, 1, 0]);
});

test("who wants little motion sees the finished stroke at once", (t) => {
  const run = clock(t);
  calm = true;
  t.after(() => (calm = false));
  const { el, paper, model } = shown({ walk: true });
  paper.context.calls.length = 0;
  button(el, "play").handlers.click();
  assert.equal(ends(paper).length, 70);
  page.frames.next();
  assert.deepEqual([page.frames.waiting.size, model.get("t"), Boolean(button(el, "play"))], [0, 1 / 6, true]);
  calm = false;
  button(el, "play").handlers.click();
  run(300);
  calm = true; // asked for while it plays
  run(50);
  assert.equal(page.frames.waiting.size, 0);
});

test("a closed view is silent, and saves what is left", () => {
  const { model, el, stop, faders } = shown();
  button(el, "play").handlers.click();
  faders[1].value = "1";
  faders[1].handlers.input();
  stop();
  assert.deepEqual([model.saves, model.listeners, document.handlers, window.handlers, page.frames.waiting.size], [1, [], {}, {}, 0]);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
