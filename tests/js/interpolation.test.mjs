import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  assertCleanFailure, assertClose, bytesOf, decoderTraits, FakeElement, FakeModel, FakeObserver, fakePage,
} from "./fakes.mjs";
import widget from "../../vae_helpers/widgets/interpolation.js";

const IMAGE = bytesOf(Array(784).fill(0));
const NO_MAP = { points: bytesOf([]), point_labels: [], colors: [], limit: 3 };

let frames, el;
beforeEach(() => {
  frames = fakePage();
  el = new FakeElement("div");
});

function traitsOf(traits = {}) {
  const ends = { start: [2, 0], end: [0, 2], start_image: IMAGE, end_image: IMAGE, start_label: 2, end_label: 7 };
  const rest = { t: 0, arc: false, frame: 0, title: "", code_name: "its mean μ", prior: true };
  return { ...decoderTraits(2), ...ends, ...rest, ...NO_MAP, ...traits };
}

function render(traits = {}) {
  const model = new FakeModel(traitsOf(traits));
  return { model, stop: widget.render({ model, el }) };
}

const captions = () => el.all("figcaption").map((caption) => caption.textContent);

/** Play `count` frames; the play button counts on from `from`. Returns where t has been. */
function play(model, count, from = 1) {
  return Array.from({ length: count }, (_, i) => {
    model.set("frame", from + i);
    return model.get("t");
  });
}

test("five pictures: two images, what they decode to, and the digit in between", () => {
  const { model } = render();
  const at = (t) => `decoded at t\u00a0=\u00a0${t}\nfrom its mean μ`;
  assert.deepEqual(captions(), ["image: a 2", at(0), "t = 0.00\nz = (2.00, 0.00)", at(1), "image: a 7"]);
  model.set("t", 0.5);
  frames.next();
  assert.equal(captions()[2], "t = 0.50\nz = (1.00, 1.00)");
  model.set("arc", true);
  frames.next();
  assert.equal(captions()[2], "t = 0.50\nz = (1.41, 1.41)");
});

test("more than three dimensions are told by their length", () => {
  render({ ...decoderTraits(4), start: [1, 1, 1, 1], end: [0, 0, 0, 0] });
  assert.equal(captions()[2], "t = 0.00\n|z| = 2.00");
});

test("other ends change the pictures at the ends and the digit in between", () => {
  const { model } = render();
  model.set("start", [-1, 3]);
  model.set("start_label", 4);
  frames.next();
  assert.equal(captions()[0], "image: a 4");
  assert.equal(captions()[2], "t = 0.00\nz = (-1.00, 3.00)");
});

test("play goes there and back again by 0.01", () => {
  const { model } = render();
  const ts = play(model, 201);
  assertClose(ts.slice(0, 3), [0.01, 0.02, 0.03]);
  assertClose(ts.slice(98, 102), [0.99, 1, 0.99, 0.98]);
  assertClose(ts.slice(198), [0.01, 0, 0.01]);
  assert.equal(model.saves, 201);
});

test("play goes on from where the hand has left t", () => {
  const { model } = render();
  play(model, 3);
  model.set("t", 0.6);
  assertClose(play(model, 2, 4), [0.61, 0.62]);
});

test("a play button that is set back to 0 moves nothing", () => {
  const { model } = render({ frame: 5, t: 0.3 });
  model.set("frame", 0);
  assert.deepEqual([model.get("t"), model.saves], [0.3, 0]);
});

test("a closed view neither draws nor plays", () => {
  const { model, stop } = render();
  stop();
  play(model, 3);
  assert.deepEqual([model.get("t"), frames.asked, model.listeners.length], [0, 0, 0]);
});

test("one of several models has its name above it", () => {
  render({ title: "plain" });
  assert.equal(el.querySelector("h4").textContent, "plain");
  assert.ok(el.classes.has("vae-compact"));
});

test("on the map, the path runs from start to end and the point is at t", () => {
  const points = { points: bytesOf([1, 1]), point_labels: [0], colors: ["red"], limit: 4 };
  const { model } = render({ ...points, t: 0.25 });
  const canvas = el.querySelector(".vae-map");
  FakeObserver.resize(canvas); // it has its first size
  assert.equal(canvas.attributes["aria-label"], "latent map; the moving point is at (1.50, 0.50), nearest images: 0");
  const { calls } = canvas.context;
  const only = (name) => calls.filter((call) => call[0] === name).map(([, x, y]) => [x, y]);
  assertClose(only("moveTo")[0], [225, 150]); // (2, 0) on 300 pixels that show -4 to 4
  assertClose(only("lineTo")[49], [150, 75]);
  only("arc").forEach((place) => assertClose(place, [206.25, 131.25]));
  assert.deepEqual(calls.find(([name]) => name === "fillText").slice(1), ["nearest images: 0", 294, 10]);
  model.set("arc", true);
  frames.next();
  const [x, y] = only("lineTo").at(-26); // k = 25 of 50, halfway along the arc
  assertClose([x, y], [150 + 37.5 * Math.SQRT2, 150 - 37.5 * Math.SQRT2]);
});

test("a decoder for another latent size gives a message", () => {
  render(decoderTraits(3));
  assert.match(el.querySelector(".vae-error").textContent, /the network takes 3 values, got 2/);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(widget, traitsOf({ points: bytesOf([1, 1]), point_labels: [0], colors: ["red"], full_screen: true }));
});
