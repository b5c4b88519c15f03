import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, FakeObserver, fakePage } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/name_machine.js";

// Time passes only when `later()` says so.
let frames, timers, later;
const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

beforeEach(() => {
  frames = fakePage();
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

/** Two names of at most three letters, a or i: which one, and where they end, the noise alone says. */
function traits() {
  const gru = Array(3 * (5 + 1 + 2)).fill(0); // inputs: one of the letter's, two of z, two of the language
  const noise = [0, 9, 0, 0, 0, 9, 9, 0, 0, 0, 0, 9, 0, 9, 0, 9, 0, 0]; // "ai", "ia"
  return {
    network: { letters: 3, embedding: 1, gru: { inputs: 5, size: 1 } },
    embedding: bytesOf([0, 0, 0]),
    gru: bytesOf(gru),
    head: bytesOf([0, 0, 0, 0, Math.log(2), 0]), // p = 1/4, 1/2, 1/4 for the end, a and i
    noise: bytesOf(noise),
    alphabet: "ai",
    languages: ["Polish", "Turkish"],
    known: ["ai a", "ia i"],
    language: 0,
    prefix: "",
    temperature: 1,
    z: [0.5, -1],
    count: 2,
    longest: 2,
    temperatures: [0.1, 1.5],
    limit: 3,
    step: 0.25,
  };
}

function shown() {
  const [model, el] = [new FakeModel(traits()), new FakeElement("div")];
  const stop = w.default.render({ model, el });
  const lines = () => el.all("li").map((line) => line.children.map((part) => part.textContent || "-").join(" "));
  const field = Object.assign(el.querySelector(".vae-names-prefix"), { selectionStart: 0, setSelectionRange() {} });
  const type = (value) => {
    field.value = value;
    field.handlers.input({});
    frames.next();
  };
  return { model, el, stop, lines, field, type, faders: el.all(".vae-fader") };
}

const button = (el, text) => el.all("button").find(({ textContent }) => textContent === text);

test("the names, by the noise, and whether the data hold them", () => {
  const { model, lines, el } = shown();
  assert.deepEqual(lines(), ["- Ai known", "- Ia known: Turkish"]);
  assert.equal(el.querySelector(".vae-names-said").textContent, undefined);
  later();
  assert.equal(el.querySelector(".vae-names-said").textContent, "Polish: Ai (known), Ia (known: Turkish)");
  model.set("prefix", "i");
  frames.next();
  assert.deepEqual(lines(), ["I i -", "I a known: Turkish"]);
  model.set("language", 1);
  frames.next();
  assert.deepEqual(lines(), ["İ i -", "İ a known"]);
});

test("a language is chosen with a button, which then says so", () => {
  const { model, el } = shown();
  const pressed = () => ["Polish", "Turkish"].map((name) => button(el, name).attributes["aria-pressed"]);
  assert.deepEqual(pressed(), ["true", "false"]);
  button(el, "Turkish").handlers.click();
  frames.next();
  assert.deepEqual([model.get("language"), pressed(), model.saves], [1, ["false", "true"], 0]);
  later();
  assert.equal(model.saves, 1);
});

test("what is typed is kept but for what no name has, which is said", () => {
  const { model, el, field, type, lines } = shown();
  const word = el.querySelector(".vae-names-word");
  let caret = null;
  Object.assign(field, { selectionStart: 2, setSelectionRange: (from) => (caret = from) });
  type("I5a");
  assert.deepEqual([model.get("prefix"), field.value, caret], ["ia", "Ia", 1]);
  assert.equal(word.textContent, "No name here has “5”: left out.");
  assert.deepEqual(lines()[0], "Ia - known: Turkish");
  type("I");
  assert.deepEqual([model.get("prefix"), field.value, word.textContent], ["i", "I", ""]);
  model.set("prefix", "a");
  frames.next();
  assert.equal(field.value, "a");
});

test("an accent that still waits for its letter is not refused", () => {
  const { model, el, field } = shown();
  field.value = "a´";
  field.handlers.input({ isComposing: true });
  frames.next();
  assert.deepEqual([field.value, model.get("prefix"), el.querySelector(".vae-names-word").textContent], ["a´", "", undefined]);
  field.value = "ai";
  field.handlers.compositionend();
  assert.equal(model.get("prefix"), "ai");
});

test("each fader moves its number, has its name, and follows Python", () => {
  const { model, faders } = shown();
  assert.deepEqual(faders.map((fader) => fader.attributes["aria-label"]), ["temperature", "z1", "z2"]);
  assert.deepEqual(faders.map(({ min, max, value }) => [min, max, value]), [[0.1, 1.5, 1], [-3, 3, 0.5], [-3, 3, -1]]);
  assert.deepEqual(faders.map(({ step }) => step), [0.25, 0.25, 0.25]);
  for (const fader of faders) {
    fader.value = "1.25";
    fader.handlers.input();
  }
  assert.deepEqual([model.get("temperature"), model.get("z")], [1.25, [1.25, 1.25]]);
  model.set("z", [0, -2]);
  frames.next();
  assert.deepEqual(faders.map(({ value }) => value), [1.25, 0, -2]);
  assert.equal(faders[2].parent.text, "z2\n−2.00");
});

test("other letters are other noise, another z leaves it", () => {
  const { model, el } = shown();
  const [noise, z] = [model.get("noise"), model.get("z")];
  button(el, "draw z again").handlers.click();
  assert.equal(model.get("noise"), noise);
  assert.ok(model.get("z").every((value) => Math.abs(value) <= 3 && Number.isInteger(value / 0.25)));
  assert.notDeepEqual(model.get("z"), z);
  button(el, "other letters").handlers.click();
  assert.equal(model.get("noise").byteLength, noise.byteLength);
  assert.notEqual(model.get("noise"), noise);
});

test("the bars are the chances at this temperature and at 1, with the rest in one", () => {
  const logits = [0, Math.log(2), 0];
  const bars = w.barsOf(logits, 0.5, ["i"], "ai");
  assert.deepEqual(bars.map(({ name }) => name), ["i", "end", "rest"]);
  assertClose(bars.map(({ p }) => p), [1 / 4, 1 / 4, 1 / 2]);
  assertClose(bars.map(({ q }) => q), [1 / 6, 1 / 6, 2 / 3]); // squares: 1, 1 and 4
  assert.equal(w.barsText(bars, "A"), "the next letter after A: rest 67 %, i 17 %, end 17 %");
  assert.match(w.barsText(bars, ""), /^the first letter: /);
});

test("the bars are drawn, as high as the chances", () => {
  const { el, model } = shown();
  const canvas = el.querySelector(".vae-names-bars");
  FakeObserver.resize(canvas);
  frames.next();
  const heights = (name) => canvas.context.calls.filter((call) => call[0] === name).slice(-4).map((call) => call[4]);
  const [a, i, end, rest] = heights("strokeRect");
  assertClose([i / a, end / a, rest / a], [0.5, 0.5, 0], 1e-6);
  assertClose(heights("fillRect"), [a, i, end, rest], 1e-6);
  assert.match(el.querySelector(".vae-names-title").textContent, /^p\(first letter\), temperature 1\.00 \(outline: 1\)$/);
  model.set("temperature", 0.5);
  frames.next();
  const [cold, other] = heights("fillRect");
  assertClose([other / cold], [0.25], 1e-6);
  assert.match(canvas.attributes["aria-label"], /^the first letter: a 67 %/);
});

test("a closed view is silent, and saves what is left", () => {
  const { model, el, stop, type } = shown();
  type("a");
  stop();
  assert.deepEqual(model.listeners, []);
  later();
  assert.deepEqual([model.saves, el.querySelector(".vae-names-said").textContent], [1, undefined]);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
