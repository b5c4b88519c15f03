import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, FakeObserver, freshPages } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/code_flow.js";

const page = freshPages();
globalThis.matchMedia = () => ({ matches: false });

/** One flow of two snapshots, one image, one draw; D's logit is z1, then 2 z1. */
const traits = () => ({
  names: ["one"], steps: [[0, 100]], reconstruction: [[500, 140]], layers: [{ type: "linear", inputs: 2, outputs: 1 }],
  weights: bytesOf([0, 0, 2, 4, 1, 1, 1, 0, 0, 2, 0, 0]), half: false, draws: [1], labels: [3],
  colors: Array(10).fill("#123456"), limit: 4, prior: "one", time: 0, heat: true, presenter: false,
});

test("codes go straight, and each snapshot has its own discriminator", () => {
  const { one } = w.readFlows(new FakeModel(traits()));
  assertClose(w.codesAt(one, 0.5), [1, 2]);
  assertClose(w.codesAt(one, 1), [2, 4]);
  const logits = one.judged.map(({ judge }) => judge(Float32Array.of(3, 0, -1, 5)));
  assertClose(logits[0], [3, -1]);
  assertClose(logits[1], [6, -2]);
});

test("the slider moves time, and the figures follow", () => {
  const [model, el] = [new FakeModel(traits()), new FakeElement("div")];
  const stop = w.default.render({ model, el });
  FakeObserver.resize(el.querySelector(".vae-flow-map"));
  const fader = el.querySelector(".vae-fader");
  fader.value = "0.75";
  fader.handlers.input({});
  page.frames.next();
  assert.equal(model.get("time"), 0.75);
  assert.match(el.querySelector(".vae-figures").text, /^step 75\nD's loss .* \(ln 2 = 0\.693\)\nreconstruction 140\.0 nats$/);
  stop();
  assert.deepEqual([model.listeners, document.handlers, window.handlers], [[], {}, {}]);
});

test("a row names the digits that are there, each with its colour", () => {
  const colors = Array.from({ length: 10 }, (_, digit) => `#00000${digit}`);
  const weights = bytesOf([0, 0, 5, 5, 9, 9, 2, 4, 5, 5, 9, 9, 1, 1, 1, 0, 0, 2, 0, 0]); // three images
  const el = new FakeElement("div");
  const stop = w.default.render({ model: new FakeModel({ ...traits(), labels: [7, 3, 7], colors, weights }), el });
  const row = el.querySelector(".vae-flow-digits");
  assert.deepEqual(row.all(".vae-flow-digit").map(({ text }) => text), ["3", "7"]);
  assert.deepEqual(row.all(".vae-flow-dot").map(({ style }) => style.background), ["#000003", "#000007"]);
  stop();
});

for (const [steps, said] of [[[0, 100], "100"], [[0, 10, 390], "10 to 380"]]) {
  test(`the note says that snapshots are ${said} steps apart`, () => {
    const weights = bytesOf([...Array(2 * steps.length + 2).fill(0), ...Array(3 * steps.length).fill(0)]);
    const more = { steps: [steps], reconstruction: [steps.map(() => 1)], weights };
    const el = new FakeElement("div");
    const stop = w.default.render({ model: new FakeModel({ ...traits(), ...more }), el });
    assert.ok(el.querySelector(".vae-note").textContent.includes(`Snapshots are ${said} steps apart;`));
    stop();
  });
}

/** Frames until nobody asks for one: how many. */
function settle() {
  let count = 0;
  while (page.frames.waiting.size > 0 && count < 1000) {
    page.frames.next();
    count++;
  }
  return count;
}

test("maps are made ahead, and then the page rests", (t) => {
  t.mock.method(performance, "now", () => 1e6);
  const [model, el] = [new FakeModel(traits()), new FakeElement("div")];
  const stop = w.default.render({ model, el });
  FakeObserver.resize(el.querySelector(".vae-flow-map"));
  const frames = settle();
  assert.ok(frames > 2 * 32 && frames < 100, `${frames} frames`); // two maps, two rows of 64 at a time
  stop();
});

test("the loss is reckoned ten times a second, and is right when all rests", (t) => {
  let now = 1000;
  t.mock.method(performance, "now", () => now);
  const [model, el] = [new FakeModel(traits()), new FakeElement("div")];
  const stop = w.default.render({ model, el });
  const loss = () => Number(/D's loss (\d\.\d+)/.exec(el.querySelector(".vae-figures").text)[1]);
  const of = (draw, code) => 0.5 * (Math.log1p(Math.exp(-draw)) + Math.log1p(Math.exp(code)));
  settle();
  assertClose([loss()], [of(1, 0)], 6e-4);
  now += 200;
  model.set("time", 0.25);
  page.frames.next();
  assertClose([loss()], [of(1, 0.5)], 6e-4);
  now += 50;
  model.set("time", 0.45);
  page.frames.next();
  assertClose([loss()], [of(1, 0.5)], 6e-4); // not yet
  now += 60;
  settle();
  assertClose([loss()], [of(1, 0.9)], 6e-4);
  stop();
});

test("who wants little motion gets a snapshot at a time", (t) => {
  let now = 1000;
  t.mock.method(performance, "now", () => now);
  t.mock.method(globalThis, "matchMedia", () => ({ matches: true }));
  const [model, el] = [new FakeModel(traits()), new FakeElement("div")];
  const stop = w.default.render({ model, el });
  el.all("button").find(({ textContent }) => textContent === "play").handlers.click({});
  const seen = new Set();
  for (let k = 0; k < 60; k++) {
    now += 50;
    page.frames.next();
    seen.add(model.get("time"));
  }
  assert.deepEqual([...seen], [0, 1]);
  stop();
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
