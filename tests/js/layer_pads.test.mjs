import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, FakeObserver, freshPages } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/layer_pads.js";
import { toPixel } from "../../vae_helpers/widgets/shared/canvas.js";

const page = freshPages();
const CODES = [[1, -1, 0.5, 0.25, -0.5], [-2, 0, 0, 2, 1]]; // z2 and eps1 of two held-out images

/** p(z1|z2) = N((z2's first, 0, 0), I), three dimensions; each pixel's logit is the sum of z1. */
function traits() {
  const prior = { layers: [{ type: "linear", inputs: 2, outputs: 6 }], weights: bytesOf([1, ...Array(17).fill(0)]), half: false };
  const ones = [...Array(3 * 784).fill(1), ...Array(784).fill(0)];
  const decoder = { layers: [{ type: "linear", inputs: 3, outputs: 784 }], weights: bytesOf(ones), half: false };
  return {
    networks: { prior, decoder }, plane: [0, 2], z2: CODES[0].slice(0, 2), eps1: CODES[0].slice(2), frozen: "", example: 0,
    draws: bytesOf(Array.from({ length: 40 }, (_, k) => k / 20)), points: bytesOf([1, -1, -2, 0]), noises: bytesOf([0.5, -0.5, 0, 1]),
    point_labels: [3, 7], colors: Array(10).fill("red"), limit: 4, noise_limit: 5,
    examples: new DataView(new ArrayBuffer(2 * 784)), example_labels: [3, 7], codes: CODES, costs: [[15, 5], [10, 4]],
    presenter: false,
  };
}

function shown(changes = {}) {
  const [model, el] = [new FakeModel({ ...traits(), ...changes }), new FakeElement("div")];
  const stop = w.default.render({ model, el });
  assert.equal(el.querySelector(".vae-error")?.textContent, undefined);
  const maps = el.all(".vae-pad-map");
  maps.forEach((map) => FakeObserver.resize(map));
  const tell = (map, type, z) => {
    const [clientX, clientY] = toPixel(...z, 300, map === maps[0] ? 4 : 5);
    map.handlers[type]({ button: 0, pointerId: 1, clientX, clientY });
  };
  return {
    model, el, stop, maps,
    drag: (map, ...places) => {
      places.forEach((z, i) => tell(map, i ? "pointermove" : "pointerdown", z));
      page.frames.next();
      return () => tell(map, "lostpointercapture", [0, 0]);
    },
    press: (name) => {
      el.all("button").find(({ textContent, attributes }) => [textContent, attributes["aria-label"]].includes(name)).handlers.click();
      page.frames.next();
    },
    key: (map, key) => {
      map.handlers.keydown({ key, preventDefault: () => {} });
      page.frames.next();
    },
    /** The sum of z1 that the large image was painted with. */
    logit: () => logitOf(el.querySelector(".vae-large").all("canvas")[0]),
    strip: () => el.querySelector(".vae-layer-pads-strip").all("canvas").map(logitOf),
    title: () => el.querySelector(".vae-layer-pads-strip").querySelector(".vae-layer-pads-title").textContent,
    spoken: () => maps.map(({ attributes }) => attributes["aria-valuetext"]),
  };
}

function logitOf({ context }) {
  const [, image] = context.calls.filter(([name]) => name === "putImageData").at(-1);
  const ink = 1 - image.data[0] / 255;
  return Math.log(ink / (1 - ink));
}

test("the image is decoded from z2 and all of eps1; both pads say where they are", () => {
  const { logit, spoken, el } = shown();
  assertClose([logit()], [1 + 0.25], 0.02);
  assert.deepEqual(spoken(), ["z₂, 1 1.00, z₂, 2 -1.00", "ε₁, 1 0.50, ε₁, 3 -0.50"]);
  assert.match(el.text, /decoded: z₂ near 3s/);
  assert.match(el.text, /KL of the held-out 3: 20\.0 nats/);
});

test("the left hand moves z2, the right one two dimensions of eps1, on the next frame", () => {
  const { model, maps, drag, logit } = shown();
  drag(maps[0], [0, 0], [-1, 2])();
  assertClose(model.get("z2"), [-1, 2]);
  assertClose([logit()], [-1 + 0.25], 0.02);
  drag(maps[1], [0, 0], [2, 1])();
  assertClose(model.get("eps1"), [2, 0.25, 1]);
  assertClose([logit()], [-1 + 3.25], 0.05);
});

test("while a hand holds a pad, only the hand moves it", () => {
  const { model, maps, drag, spoken } = shown();
  const release = drag(maps[0], [2, 2]);
  model.set("z2", [0, 0]);
  page.frames.next();
  assert.match(spoken()[0], /1 2\.00/);
  release();
  assertClose(model.get("z2"), [2, 2]);
});

test("keys move the pad that has the focus", () => {
  const { model, maps, key } = shown();
  key(maps[0], "ArrowRight");
  key(maps[1], "Home");
  assert.deepEqual([model.get("z2"), model.get("eps1")], [[1.05, -1], [0, 0.25, 0]]);
});

test("a frozen pad is not moved by hand, key or draw; one pad at most is frozen", () => {
  const { model, maps, drag, key, press, spoken, el } = shown();
  press("freeze z₂");
  assert.equal(model.get("frozen"), "z2");
  drag(maps[0], [2, 2])();
  key(maps[0], "ArrowLeft");
  press("draw z₂");
  assert.deepEqual(model.get("z2"), [1, -1]);
  assert.match(spoken()[0], /1 1\.00/);
  assert.equal(maps[0].attributes["aria-disabled"], "true");
  assert.ok(el.all("button").find(({ textContent }) => textContent === "draw z₂").disabled);
  assert.ok(maps[0].context.calls.some(([name]) => name === "rect"));
  press("freeze ε₁");
  press("draw z₂");
  assert.deepEqual([model.get("frozen"), model.get("eps1")], ["eps1", CODES[0].slice(2)]);
  assert.notDeepEqual(model.get("z2"), [1, -1]);
  press("freeze ε₁");
  assert.equal(model.get("frozen"), "");
});

test("a digit brings both layers, a frozen one too: picture, bars and caption are of one image", () => {
  const { model, press, logit, el } = shown({ frozen: "z2" });
  press("start from a held-out 7");
  assert.deepEqual(["z2", "eps1", "example", "frozen"].map((name) => model.get(name)), [[-2, 0], [0, 2, 1], 1, "z2"]);
  assertClose([logit()], [-2 + 3], 0.05);
  assert.match(el.text, /KL of the held-out 7: 14\.0 nats/);
});

test("a frozen pad shows its own place under a hand, as a square, and says that it is frozen", () => {
  const { model, maps, drag, press, spoken, el } = shown();
  press("freeze z₂");
  assert.equal(model.saves, 1);
  const { calls } = maps[0].context;
  calls.length = 0;
  drag(maps[0], [2, 2]); // and not let go
  model.set("example", 1); // so that all is drawn again
  page.frames.next();
  assert.match(spoken()[0], /1 1\.00/);
  assert.ok(calls.some(([name]) => name === "rect"));
  const locks = el.all("button").filter(({ textContent }) => textContent === "freeze");
  assert.deepEqual(locks.map(({ attributes }) => attributes["aria-pressed"]), ["true", "false"]);
  assert.deepEqual(el.all(".vae-layer-pads-pad").map(({ classes }) => classes.has("vae-layer-pads-frozen")), [true, false]);
});

test("the chosen image, what it costs, and its button", () => {
  const examples = new DataView(Uint8Array.from({ length: 2 * 784 }, (_, i) => (i < 784 ? 0 : 255)).buffer);
  const { el, press } = shown({ examples, costs: [[2, 5], [10, 4]] });
  const original = () => el.querySelector(".vae-layer-pads-original").all("canvas")[0].context;
  const painted = () => original().calls.filter(([name]) => name === "putImageData").at(-1)[1].data[0];
  assert.equal(painted(), 255);
  press("start from a held-out 7");
  assert.equal(painted(), 0);
  assert.match(el.text, /held-out 7/);
  assert.match(el.text, /KL of the held-out 7: 14\.0 nats/);
  const buttons = el.querySelector(".vae-layer-pads-examples").all("button");
  assert.deepEqual(buttons.map(({ attributes }) => attributes["aria-pressed"]), ["false", "true"]);
});

test("the costs' scale ends at the largest part of all, of whichever layer", () => {
  const { el } = shown({ costs: [[2, 8], [4, 3]] });
  assert.deepEqual(el.all(".vae-layer-pads-bar").map(({ style }) => style.width), ["100%", "25%"]);
});

test("the right map has the noises, the left one the z2 of the same images", () => {
  const background = ({ context }) => context.calls.find(([name]) => name === "drawImage")[1].context.calls;
  const painted = (changes) => shown(changes).maps.map((map) => JSON.stringify(background(map)));
  const [before, points, noises] = [{}, { points: bytesOf([0, 0, 0, 0]) }, { noises: bytesOf([0, 0, 0, 0]) }].map(painted);
  assert.ok(points[0] !== before[0] && points[1] === before[1]);
  assert.ok(noises[0] === before[0] && noises[1] !== before[1]);
});

test("draws: z2 and eps1 anew, the plane's dimensions where they can be seen", () => {
  const { model, press } = shown();
  press("draw ε₁");
  assert.notDeepEqual(model.get("eps1"), CODES[0].slice(2));
  assert.equal(model.get("eps1").length, 3);
  assert.deepEqual(w.onMap([7, -7, 7], [0, 2], 5), [5, -7, 5]);
  assert.deepEqual(w.movedIn([0, 2], [1, 2, 3], [8, 9]), [8, 2, 9]);
});

test("the strip holds what is frozen and draws the rest", () => {
  const { model, press, strip, title } = shown();
  const drawn = Array.from({ length: 8 }, (_, k) => [0, 1, 2, 3, 4].map((i) => (5 * k + i) / 20));
  const sums = (f) => drawn.map(f);
  const near = (wanted) => assertClose(strip().slice(0, 3), wanted.slice(0, 3), 0.15);
  near(sums(([z, , a, b, c]) => z + a + b + c));
  assert.equal(title(), "eight draws of z₂ and of ε₁");
  press("freeze z₂");
  near(sums(([, , a, b, c]) => 1 + a + b + c));
  press("freeze ε₁");
  near(sums(([z]) => z + 0.25));
  assert.equal(title(), "ε₁ held, eight draws of z₂");
  press("eight others");
  assert.equal(model.get("draws").byteLength, 160);
  assert.notDeepEqual(strip(), sums(([z]) => z + 0.25));
});

test("the strip is not painted again for what it does not hold", () => {
  const { el, maps, drag, press } = shown();
  const count = () => el.querySelector(".vae-layer-pads-strip").all("canvas")[0].context.calls.length;
  press("freeze z₂");
  const before = count();
  drag(maps[1], [1, 1], [2, 2])();
  assert.equal(count(), before);
});

test("a closed view listens to nothing, and saves what is left", () => {
  const { model, stop, maps, key } = shown();
  key(maps[0], "ArrowRight");
  stop();
  assert.deepEqual([model.listeners, document.handlers, window.handlers, model.saves], [[], {}, {}, 1]);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
