import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, bytesOf, decoderTraits, FakeElement, FakeModel, FakeObserver, freshPages } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/draw_pad.js";

const STROKES = [[[0.1, 0.2], [0.8, 0.2]], [[0.8, 0.2], [0.4, 0.9]]];
const IMAGES = Uint8Array.from({ length: 2 * 784 }, (_, i) => (i < 784 ? 51 : 255)); // one a fifth grey, one black

const page = freshPages();

/** A pad on two test images; for each ink of the first pixel mu1 grows by as much, sigma is 1. */
function traits(names = [""]) {
  const { layers, weights } = decoderTraits(2);
  const encoder = [{ type: "linear", inputs: 784, outputs: 4 }];
  const encoding = bytesOf([1, ...Array(4 * 784 - 1).fill(0), 0, -1, 0, 0]);
  const parts = { encoder, encoder_weights: encoding, decoder: layers, decoder_weights: weights };
  const map = { points: bytesOf([0.2, -1, 1, -1]), limit: 4, costs: bytesOf([500, 600]), gaussian: true };
  const coders = names.map((name) => ({ name, ...parts, ...map }));
  const first = { image: bytesOf(Array(784).fill(0.2)), strokes: [], index: 0, eps: [0, 1, 1, 1], turn: 0 };
  return { coders, images: new DataView(IMAGES.buffer), point_labels: [7, 3], colors: Array(10).fill("red"), presenter: false, ...first };
}

function render(model) {
  const el = new FakeElement("div");
  const stop = w.default.render({ model, el });
  const paper = el.querySelector(".vae-draw-paper");
  [paper, el.querySelector(".vae-draw-map")].forEach(FakeObserver.resize);
  const tell = (type, x, y) => paper.handlers[type]({ button: 0, pointerId: 1, clientX: x, clientY: y });
  const press = (title) => el.all("button").find(({ textContent }) => textContent === title).handlers.click();
  const captions = () => el.all("figcaption").map(({ textContent }) => textContent);
  return { el, stop, paper, tell, press, captions };
}

test("the image, what is made of it and what the buttons and keys change", () => {
  const model = new FakeModel(traits());
  const { el, paper, tell, press, captions, stop } = render(model);
  assert.deepEqual(captions(), [
    "28 × 28 pixels:\ntest image 0, a 7", "at the mean μ\n(0.20, -1.00)", "at the draw z\n(0.20, 0.00)", "a 7", "a 3",
  ]);
  const [undo] = el.all("button");
  assert.equal(undo.disabled, true);
  paper.handlers.keydown({ key: "ArrowRight", preventDefault: () => {} });
  assert.match(captions()[0], /test image 0/); // until the next frame
  page.frames.next();
  assert.deepEqual([captions()[0], captions()[1]], ["28 × 28 pixels:\ntest image 1, a 3", "at the mean μ\n(1.00, -1.00)"]);
  tell("pointerdown", 30, 30);
  tell("pointermove", 270, 270);
  tell("lostpointercapture", 270, 270);
  assert.equal(model.saves, 1);
  page.frames.next();
  assert.deepEqual([captions()[0], undo.disabled], ["28 × 28 pixels:\nyour drawing, 1 stroke", false]);
  assert.deepEqual(model.get("strokes"), [[[0.1, 0.1], [0.9, 0.9]]]);
  const z = captions()[2];
  assert.notDeepEqual(model.get("eps"), traits().eps); // other noise for each stroke
  press("draw z again");
  page.frames.next();
  assert.notEqual(captions()[2], z);
  press("undo");
  page.frames.next();
  assert.deepEqual([captions()[0], undo.disabled], ["28 × 28 pixels:\nan empty sheet", true]);
  stop();
  assert.deepEqual([model.listeners, document.handlers, window.handlers], [[], {}, {}]);
  assert.equal(model.saves, 2); // what the buttons had changed
});

test("many movements of a hand are one picture", () => {
  const { tell, paper } = render(new FakeModel(traits()));
  const asked = page.frames.asked;
  const painted = () => paper.context.calls.filter(([name]) => name === "fillRect").length;
  const before = painted();
  tell("pointerdown", 30, 30);
  for (let x = 40; x < 200; x += 10) tell("pointermove", x, 30);
  page.frames.next();
  assert.deepEqual([page.frames.asked - asked, painted() - before], [1, 1]);
});

test("an image that Python sets is shown, and the next stroke begins a drawing of its own", () => {
  const model = new FakeModel({ ...traits(), strokes: STROKES, index: -1 });
  const { captions, tell } = render(model);
  assert.match(captions()[0], /2 strokes/);
  for (const [name, value] of Object.entries({ image: bytesOf(Array(784).fill(0.5)), strokes: [], index: -1 })) model.set(name, value);
  page.frames.next();
  assert.deepEqual(captions().slice(0, 2), ["28 × 28 pixels:\nan image from Python", "at the mean μ\n(0.50, -1.00)"]);
  tell("pointerdown", 30, 30);
  assert.deepEqual(model.get("strokes"), [[[0.1, 0.1]]]);
});

test("several models side by side, each by its name", () => {
  const { el, captions } = render(new FakeModel(traits(["autoencoder", "VAE"])));
  assert.deepEqual(el.all(".vae-title").map(({ textContent }) => textContent), ["autoencoder", "VAE"]);
  assert.ok(el.classes.has("vae-draw-several"));
  assert.equal(captions().filter((text) => text.startsWith("at the mean")).length, 2);
  assert.ok(!render(new FakeModel(traits())).el.classes.has("vae-draw-several"));
});

test("two views of one pad: a stroke on the one is on both, and the other goes on from it", () => {
  const model = new FakeModel(traits());
  const [one, other] = [render(model), render(model)];
  one.tell("pointerdown", 30, 30);
  one.tell("lostpointercapture", 30, 30);
  page.frames.next();
  assert.deepEqual([one, other].map(({ captions }) => captions()[0]), Array(2).fill("28 × 28 pixels:\nyour drawing, 1 stroke"));
  other.tell("pointerdown", 60, 60);
  assert.equal(model.get("strokes").length, 2);
  one.stop();
  other.tell("pointermove", 90, 90);
  page.frames.next();
  assert.match(other.captions()[0], /2 strokes/);
});

test("coders that only the kernel has are asked, each by its number, and a view that is gone hears no answer", () => {
  const both = traits(["one", "other"]);
  for (const coder of both.coders) Object.assign(coder, { encoder: [], encoder_weights: bytesOf([]) });
  const model = new FakeModel(both);
  const { stop } = render(model);
  assert.deepEqual(model.sent.slice(0, 2).map(({ kind, coder }) => [kind, coder]), [["encode", 0], ["encode", 1]]);
  stop();
  assert.deepEqual(model.listeners, []);
});

test("presenter size may come and go", () => {
  const model = new FakeModel(traits());
  const { el } = render(model);
  for (const presenter of [true, false]) {
    model.set("presenter", presenter);
    page.frames.next();
    assert.equal(el.classes.has("vae-presenter"), presenter);
  }
});

test("what can't be encoded is shown as an error, and goes with the next image", () => {
  const model = new FakeModel(traits());
  const { el } = render(model);
  model.set("image", bytesOf([1, 2, 3]));
  page.frames.next();
  assert.match(el.querySelector(".vae-error").textContent, /the network takes 784 values, got 3/);
  model.set("image", bytesOf(Array(784).fill(0)));
  page.frames.next();
  assert.equal(el.querySelector(".vae-error"), null);
});

test("weights that do not fit their layers are an error at once", () => {
  const model = new FakeModel(traits());
  model.get("coders")[0].encoder_weights = bytesOf([1, 2]);
  assert.match(render(model).el.querySelector(".vae-error").textContent, /2 weights came, the layers hold 3140/);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
