import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { assertClose, bytesOf, decoderTraits, FakeElement, FakeModel, fakePage } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/coder_panel.js";

test("what an encoder says: mu and logvar as a Gaussian with its KL, or a code without one", () => {
  const { mu, sigma, kl } = w.readCode(Float32Array.of(1, -2, 0, Math.log(4)));
  assert.deepEqual(mu, [1, -2]);
  assertClose(sigma, [1, 2], 1e-6);
  assertClose([kl], [0.5 * (1 + 4 + 1 + 4 - 2 - Math.log(4))], 1e-6); // half the sum of mu^2 + sigma^2 - 1 - logvar
  for (const logvar of [0, 1e-9, -3e-9]) assert.equal(w.readCode([0, 0, logvar, logvar]).kl, 0); // not "-0.0"
  assert.deepEqual(w.readCode([3, 4]), { mu: [3, 4], sigma: [0, 0], kl: 0 });
});

test("draws are mu + sigma * eps, pair by pair", () => {
  assert.deepEqual(w.drawsOf({ mu: [1, 2], sigma: [0.5, 3] }, [0, 0, 2, -1]), [[1, 2], [2, -1]]);
  assert.deepEqual(w.drawsOf({ mu: [1, 2], sigma: [0, 0] }, [5, 5]), [[1, 2]]);
});

test("the cross-entropy, in nats", () => {
  const cost = (image, ink) => w.crossEntropy(Float32Array.from(image), Float32Array.from(ink));
  assertClose([cost([1, 0, 0.5], [0.5, 0.5, 0.5])], [3 * Math.log(2)], 1e-6);
  assertClose([cost([1, 0], [0.25, 0.25])], [-Math.log(0.25) - Math.log(0.75)], 1e-6);
  assert.equal(cost([1, 0], [1, 0]), 0);
});

test("ink where a network is sure of paper costs all of its nats, and never infinitely many", () => {
  const certain = (logit) => w.crossEntropy(Float32Array.of(1), Float32Array.of(1 / (1 + Math.exp(-logit))));
  assertClose([-10, -20, -40, -80].map(certain), [10, 20, 40, 80], 1e-3);
  assert.ok(certain(-1000) > 80 && certain(-1000) < 90);
  const paper = w.crossEntropy(Float32Array.of(0), Float32Array.of(1));
  assert.ok(paper > 16 && paper < 18, `${paper}`); // there, single precision ends
});

/** mu1 is twice the first pixel, mu2 -1, sigma (1, 2); a decoder whose logits are all z1 + z2; two test images. */
const LINEAR = [{ type: "linear", inputs: 784, outputs: 4 }];
const encoding = (inputs) => bytesOf([2, 0, 0, 0, ...Array(4 * 783).fill(0), 0, -1, 0, Math.log(4), ...inputs]);
const { layers, weights } = decoderTraits(2);
const VAE = {
  name: "a VAE", gaussian: true, limit: 4, points: bytesOf([0, -1, 3, 3]), costs: bytesOf([500, 600]),
  encoder: LINEAR, encoder_weights: encoding([]), decoder: layers, decoder_weights: weights,
};
const PLAIN = {
  ...VAE, name: "", gaussian: false, encoder: [{ ...LINEAR[0], outputs: 2 }],
  encoder_weights: bytesOf([2, 0, ...Array(2 * 783).fill(0), 0, -1]),
};
const image = (first) => Float32Array.from({ length: 784 }, (_, i) => (i === 0 ? first : 0));

let model, el, panel;

function add(coder) {
  model = new FakeModel({ coders: [{}, coder], point_labels: [7, 3], colors: Array(10).fill("red") });
  el = new FakeElement("div");
  panel = w.addCoderPanel(el, model, 1, new Uint8Array(2 * 784).fill(255, 784));
}

mock.timers.enable({ apis: ["setTimeout"] });
beforeEach(() => void fakePage());

const captions = () => el.all("figcaption").map(({ textContent }) => textContent);
const figures = () => el.querySelector(".vae-draw-figures").textContent;
const calls = (canvas, name) => canvas.context.calls.filter(([call]) => call === name);

test("a VAE's panel: its name, mu and the first draw with their digits, both terms, and the nearest test images", () => {
  add(VAE);
  panel.show(image(0.5), [1, 0.5, 0, 0]);
  assert.equal(el.querySelector(".vae-title").textContent, "a VAE");
  const [atMu, atZ, ...nearest] = captions();
  assert.deepEqual([atMu, atZ], ["at the mean μ\n(1.00, -1.00)", "at the draw z\n(2.00, 0.00)"]);
  assert.deepEqual(nearest, ["a 7", "a 3"]);
  const p = 1 / (1 + Math.exp(-2)); // of ink, at z = (2, 0), in each pixel
  const reconstruction = -783.5 * Math.log(1 - p) - 0.5 * Math.log(p);
  const kl = 0.5 * (1 + 1 + 1 + 4 - 2 - Math.log(4));
  const cost = `= ${(reconstruction + kl).toFixed(1)} nats,\nmore than all 2 test images`;
  assert.equal(figures(), `reconstruction ${reconstruction.toFixed(1)} + KL ${kl.toFixed(1)}\n${cost}`);
  assert.match(el.querySelector(".vae-draw-bars").attributes["aria-label"], /this one costs more than all 2 test images$/);
  assert.match(panel.canvas.attributes["aria-label"], /lies at \(1\.00, -1\.00\), sigma \(1\.00, 2\.00\)$/);
});

test("an autoencoder's panel: its code and its digit, no draw and no KL", () => {
  add(PLAIN);
  panel.fit();
  panel.show(image(1), [1, 1]);
  assert.equal(el.querySelector(".vae-title"), null);
  assert.deepEqual(captions().slice(0, 2), ["at its code z\n(2.00, -1.00)", "a 7"]);
  assert.match(figures(), /^reconstruction ([\d.]+), no KL\n= \1 nats,\nmore than all 2 test images$/);
  assert.deepEqual(calls(panel.canvas, "ellipse"), []);
  assert.doesNotMatch(panel.canvas.attributes["aria-label"], /sigma/);
});

test("the cloud is drawn in place and to scale", () => {
  add(VAE);
  assert.equal(panel.fit(), true);
  assert.equal(panel.fit(), false); // nothing has changed
  panel.show(image(0.5), [1, 0.5, 0, 0]);
  const unit = 300 / 8; // of z, in pixels
  const [onMap, inLens] = calls(panel.canvas, "ellipse");
  assertClose(onMap.slice(1, 5), [5 * unit, 5 * unit, 2 * unit, 4 * unit], 1e-4); // mu, two sigma
  assertClose(inLens.slice(3, 5), [4 * unit, 8 * unit], 1e-3); // twice, for five times as large would not fit
  panel.canvas.clientWidth = panel.canvas.clientHeight = 200;
  assert.equal(panel.fit(), true);
});

test("a small cloud is five times as large in the lens", () => {
  add({ ...VAE, limit: 80 });
  panel.fit();
  panel.show(image(0.5), [0, 0]);
  const [onMap, inLens] = calls(panel.canvas, "ellipse");
  assertClose(inLens.slice(1, 5), [250, 50, ...onMap.slice(3, 5).map((radius) => 5 * radius)], 1e-3);
});

test("off the map the cloud stays at its edge, and the map says so", () => {
  add(VAE);
  panel.fit();
  panel.show(image(50), [0, 0]);
  assert.deepEqual(calls(panel.canvas, "ellipse").map(([, x]) => x), [300]);
  assert.match(calls(panel.canvas, "fillText").at(-1)[1], /beyond the edge/);
  assert.match(captions()[0], /\(100\.00, -1\.00\)/);
});

test("off the page it says all in words and draws nothing", () => {
  add(VAE);
  panel.canvas.clientWidth = 0;
  assert.ok(panel.fit() || true);
  panel.show(image(0), [0, 0]);
  assert.deepEqual(calls(panel.canvas, "drawImage"), []);
  assert.match(captions()[0], /\(0\.00, -1\.00\)/);
});

test("the nearest are among those whose images were sent, however many points there are", () => {
  add({ ...VAE, points: bytesOf([0, -1, 3, 3, 1, -1]) });
  panel.show(image(0.5), [0, 0]); // at (1, -1)
  assert.deepEqual(captions().slice(2), ["a 7", "a 3"]);
});

test("one test image is enough, and costs that are all the same", () => {
  model = new FakeModel({ coders: [{ ...VAE, costs: bytesOf([500]), points: bytesOf([0, 0]) }], point_labels: [7], colors: ["red"] });
  el = new FakeElement("div");
  w.addCoderPanel(el, model, 0, new Uint8Array(784)).show(image(0), [0, 0]);
  assert.deepEqual(captions().slice(2), ["a 7"]);
});

const answer = (kind, values, sent = model.sent.at(-1)) => model.receive({ kind, id: sent.id }, [bytesOf(values)]);

test("an encoder that only the kernel has is asked with the coder's number, and its answer goes through all", () => {
  add({ ...VAE, encoder: [], encoder_weights: bytesOf([]) });
  panel.show(image(0.5), [1, 0]);
  const [{ kind, coder, images, latents }] = model.sent;
  assert.deepEqual([kind, coder, images.length, images[0].length, images[0][0]], ["encode", 1, 1, 784, 0.5]);
  assert.deepEqual([latents, captions()[0]], [undefined, undefined]);
  answer("encoded", [0.25, 0.5, 0, 0]);
  assert.deepEqual(captions().slice(0, 2), ["at the mean μ\n(0.25, 0.50)", "at the draw z\n(1.25, 0.50)"]);
  assert.match(figures(), /KL 0\.2\n/); // of (0.25^2 + 0.5^2) / 2
  assert.equal(model.sent.length, 1);
});

test("what was drawn during an answer is asked for next, and the cost belongs to the image that was asked about", () => {
  add({ ...VAE, encoder: [], encoder_weights: bytesOf([]) });
  for (const first of [0, 0.25, 1]) panel.show(image(first), [0, 0]);
  assert.equal(model.sent.length, 1);
  answer("encoded", [0, 0, 0, 0], model.sent[0]);
  const before = figures();
  assert.match(before, new RegExp(`reconstruction ${(784 * Math.log(2)).toFixed(1)} `));
  assert.deepEqual(model.sent.map(({ images }) => images[0][0]), [0, 1]);
  answer("encoded", [9, 9, 9, 9], model.sent[0]); // the same answer again
  assert.equal(figures(), before);
});

test("a decoder that only the kernel has is asked for the digits at mu and at the draw", () => {
  add({ ...VAE, decoder: [], decoder_weights: bytesOf([]) });
  panel.show(image(0.5), [1, 0]);
  assert.deepEqual(model.sent.map(({ kind, coder, latents }) => [kind, coder, latents]), [
    ["decode", 1, [[1, -1]]], ["decode", 1, [[2, -1]]],
  ]);
  assert.match(panel.canvas.attributes["aria-label"], /lies at \(1\.00, -1\.00\)/); // the map need not wait
  answer("decoded", Array(784).fill(0.5), model.sent[1]);
  assert.deepEqual(captions().slice(0, 2), [undefined, "at the draw z\n(2.00, -1.00)"]);
  assert.match(figures(), new RegExp(`^reconstruction ${(784 * Math.log(2)).toFixed(1)} `));
});

test("the kernel's error is shown in the panel until a good answer; silence too; and a view that is gone is deaf", () => {
  add({ ...VAE, encoder: [], encoder_weights: bytesOf([]) });
  panel.show(image(0), [0, 0]);
  model.receive({ kind: "encoded", id: model.sent[0].id, error: "ValueError: model: its encoder gives NaN" }, []);
  assert.match(el.text, /ValueError: model: its encoder gives NaN/);
  panel.show(image(0), [0, 0]);
  answer("encoded", [0, 0, 0, 0]);
  assert.doesNotMatch(el.text, /NaN/);
  panel.show(image(1), [0, 0]);
  mock.timers.tick(3001);
  assert.match(el.text, /no kernel answers/);
  panel.stop();
  assert.deepEqual(model.listeners, []);
  add({ ...VAE, decoder: [], decoder_weights: bytesOf([]) });
  panel.stop();
  assert.deepEqual(model.listeners, []);
});
