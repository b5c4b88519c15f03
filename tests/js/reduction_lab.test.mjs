import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { assertCleanFailure, assertClose, FakeElement, FakeModel, fakePage } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/reduction_lab.js";

const [SUM, MEAN] = [0, 1];

test("the effective beta: a mean over pixels raises it, a mean over latents lowers it", () => {
  const choices = [[SUM, SUM, 4], [MEAN, SUM, 1], [SUM, MEAN, 1], [MEAN, MEAN, 1]];
  assertClose(choices.map((choice) => w.effectiveBeta(...choice, 784, 20)), [4, 784, 0.05, 39.2]);
});

test("the nearest by logarithm", () => {
  const betas = [0.1, 1, 4, 20, 784];
  const wanted = [
    [0.00005, 0.1], [0.3, 0.1], [0.4, 1], [1, 1], [2.1, 4],
    [39.2, 20], [125, 20], [126, 784], [784, 784], [784000, 784],
  ];
  for (const [beta, trained] of wanted) assert.equal(betas[w.nearestBeta(betas, beta)], trained, `beta = ${beta}`);
  assert.equal(w.nearestBeta([1, 4], 2), 0); // as near: the lower
  assert.equal(w.nearestBeta([7], 1000), 0);
});

test("far is more than a factor of 2, either way", () => {
  const near = [[4, 4], [4, 2], [4, 8], [0.1, 0.05], [4, 8.000000000000002]]; // the last: 8 with a rounding error
  const wanted = [...near.map((pair) => [...pair, false]), [4, 1.9, true], [4, 8.1, true]];
  for (const [trained, beta, far] of wanted) assert.equal(w.isFar(trained, beta), far, `${trained} and ${beta}`);
});

test("three digits that count, and no zeros at the end", () => {
  const values = [784, 39.2, 0.05 * 0.51, 1, 0.001, 783.999999, 784000];
  assert.deepEqual(values.map(w.threeDigits), ["784", "39.2", "0.0255", "1", "0.001", "784", "784000"]);
});

test("the loss as it is written, and with its factor taken out", () => {
  const moves = "The factor 1/784 scales the whole loss: a constant factor moves no minimum.";
  const wanted = [
    [[SUM, SUM, 1], ["= Σ BCE + 1 · Σ KL", "= Σ BCE + 1 · Σ KL", ""]],
    [[SUM, MEAN, 1], ["= Σ BCE + 1 · (1/20) Σ KL", "= Σ BCE + 0.05 · Σ KL", ""]],
    [[MEAN, SUM, 1], ["= (1/784) Σ BCE + 1 · Σ KL", "= 1/784 · ( Σ BCE + 784 · Σ KL )", moves]],
    [[MEAN, MEAN, 0.5], ["= (1/784) Σ BCE + 0.5 · (1/20) Σ KL", "= 1/784 · ( Σ BCE + 19.6 · Σ KL )", moves]],
  ];
  for (const [choice, lines] of wanted) assert.deepEqual(w.lossLines(...choice, 784, 20), lines);
});

test("what is said of the model shown", () => {
  assert.equal(
    w.figuresText({ beta: 784, reconstruction: 206.09, kl: 0.04, active: 0 }, 20),
    "nearest trained model: β = 784\nreconstruction 206.1 + KL 0.0 = 206.1 nats\n0 of 20 dimensions active",
  );
});

test("one model's pictures out of all, wherever the bytes begin in their buffer", () => {
  const bytes = new DataView(Uint8Array.of(99, 0, 1, 2, 3, 4, 5, 99).buffer, 1, 6);
  assert.deepEqual([0, 1, 2].map((i) => [...w.picturesOf(bytes, i, 3)]), [[0, 1], [2, 3], [4, 5]]);
  assert.deepEqual([...w.picturesOf(bytes, 0, 1)], [0, 1, 2, 3, 4, 5]);
});

test("a scale has round ticks on it and room at its end", () => {
  const x = w.scale(0, 100, 50, 450, 0.25); // from -8 to 125
  assert.deepEqual(x.ticks, [0, 50, 100]);
  assertClose([x.at(-8), x.at(125), x.at(58.5)], [50, 450, 250]);
  const y = w.scale(80, 206, 200, 0, 0.08); // downwards, as a canvas has it
  assert.deepEqual(y.ticks, [100, 150, 200]);
  assert.ok(y.at(80) > y.at(206));
  assert.deepEqual(w.scale(0, 0.3, 0, 1, 0.08).ticks, [0, 0.1, 0.2, 0.3]); // not 0.30000000000000004
});

test("a scale for one value only is still a scale", () => {
  const { at, ticks } = w.scale(5, 5, 0, 100, 0.08);
  assert.ok(at(5) > 0 && at(5) < 100);
  assert.ok(ticks.includes(5));
});

let frames, el;
beforeEach(() => {
  frames = fakePage();
  el = new FakeElement("div");
});

/** A lab with models at beta 1 and 784, each with one picture of its own grey: ink 10 and ink 20. */
function traits() {
  const figures = [
    { beta: 1, reconstruction: 80, kl: 25, active: 4 },
    { beta: 784, reconstruction: 206, kl: 0, active: 0 },
  ];
  const pictures = (...inks) => new DataView(Uint8Array.from(inks.flatMap((ink) => Array(784).fill(ink))).buffer);
  const images = { images: pictures(0), reconstructions: pictures(10, 20), samples: pictures(10, 20) };
  const choice = { reconstruction: SUM, kl: SUM, beta: 1, pixels: 784, latent_dim: 4 };
  return { ...choice, figures, ...images };
}

function render() {
  const model = new FakeModel(traits());
  return { model, stop: w.default.render({ model, el }) };
}

const greys = () => el.all(".vae-reduction-row").map((row) => row.context.calls.at(-1)[1].data[0]);
const text = (name) => el.querySelector(name).textContent;

test("another reduction shows another model: its figures, its dot, its pictures", () => {
  const { model, stop } = render();
  assert.equal(text(".vae-reduction-beta"), "effective β = 1");
  assert.deepEqual(greys(), [255, 245, 245]);
  model.set("reconstruction", MEAN);
  frames.next();
  assert.equal(text(".vae-reduction-beta"), "effective β = 784");
  assert.match(text(".vae-figures"), /β = 784\nreconstruction 206\.0 \+ KL 0\.0 = 206\.0 nats\n0 of 4/);
  const plane = el.querySelector(".vae-reduction-plane");
  assert.match(plane.attributes["aria-label"], /the model shown is β = 784, at KL 0\.0/);
  assert.deepEqual(greys(), [255, 235, 235]);
  assert.equal(text(".vae-reduction-far"), "");
  stop();
  model.set("beta", 10);
  assert.equal(frames.waiting.size, 0);
});

test("it says when no model is near", () => {
  const { model } = render();
  model.set("beta", 10);
  frames.next();
  assert.match(text(".vae-reduction-far"), /No model was trained near/);
  assert.match(text(".vae-figures"), /β = 1\n/);
});

test("a beta that is no beta gives a message", () => {
  const { model } = render();
  model.set("beta", 0);
  frames.next();
  assert.match(text(".vae-error"), /the effective β must be above 0, got 0/);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
