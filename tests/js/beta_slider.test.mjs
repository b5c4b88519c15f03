import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { assertCleanFailure, assertClose, FakeElement, FakeModel, freshPages } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/beta_slider.js";

const page = freshPages();

test("a latent goes through seven values, and alone", () => {
  assertClose(w.valuesOf(2.5), [-2.5, -5 / 3, -5 / 6, 0, 5 / 6, 5 / 3, 2.5]);
  const z = [1, 2, 3];
  assert.deepEqual(w.moveOne(z, 1, -0.5), [1, -0.5, 3]);
  assert.deepEqual(z, [1, 2, 3]);
});

test("dimensions that are awake come first, each group by falling KL", () => {
  const order = w.orderOf({ kl: [0.1, 2, 0.3, 0, 1], active: [true, true, false, false, true] });
  assert.deepEqual(order, [1, 4, 0, 2, 3]);
});

test("what is said of the dimensions without a row", () => {
  const all = (count, on) => Array(count).fill(on);
  assert.equal(w.restText({ kl: [2, 0.004, 0.01], active: [true, false, false] }), "2 dimensions sleep (KL 0.01 in all)");
  assert.equal(w.restText({ kl: [1, 0], active: [true, false] }), "1 dimension sleeps (KL 0.00 in all)");
  assert.equal(w.restText({ kl: [1, 2], active: all(2, true) }), "no dimension sleeps");
  const many = w.restText({ kl: [1, 9, 8, 7, 6, 5, 4, 0.5], active: all(8, true) });
  assert.equal(many, "2 dimensions more, with a KL of 1.50 in all\nno dimension sleeps");
});

test("rate and distortion, in words", () => {
  const text = "rate (KL) 9.7 nats\ndistortion (reconstruction) 52.8 nats";
  assert.equal(w.figuresText({ rate: 9.671, distortion: 52.83 }), text);
});

const HALVES = { 0: 0, 1: 0x3c00, 2: 0x4000, "-1": 0xbc00 };

/** A decoder of two latents whose pixels are all sigmoid(a z1 + b z2), in half precision. */
function coder(beta, [a, b], more) {
  const numbers = [...Array(784).fill(a), ...Array(784).fill(b), ...Array(784).fill(0)];
  const weights = new DataView(Uint16Array.from(numbers, (one) => HALVES[one]).buffer);
  return { beta, layers: [{ type: "linear", inputs: 2, outputs: 784 }], weights, half: true, ...more };
}

/** Two models, of which the second sleeps but for its first dimension; a white image and a black one. */
function traits() {
  const first = { means: [[0.5, -1], [0, 2]], kl: [0.5, 2], active: [true, true], rate: 2.5, distortion: 50 };
  const second = { means: [[0.25, 0], [-0.25, 0]], kl: [1, 0], active: [true, false], rate: 1, distortion: 70 };
  const images = new DataView(Uint8Array.from({ length: 2 * 784 }, (_, i) => (i < 784 ? 0 : 255)).buffer);
  const state = { stop: 0, image: 0, row: 0, moved: null, images, measured: 6144, reach: 2.5 };
  return { ...state, models: [coder(1, [1, 2], first), coder(4, [-1, 0], second)] };
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

function render(model) {
  const el = new FakeElement("div");
  const stop = w.default.render({ model, el });
  assert.equal(el.querySelector(".vae-error"), null);
  const puts = (canvas) => canvas.context.calls.filter(([name]) => name === "putImageData");
  const inks = (canvas, count) => puts(canvas).slice(-count).map(([, image]) => 1 - image.data[0] / 255);
  const digits = () => el.querySelector(".vae-beta-digits").all("canvas").flatMap((canvas) => inks(canvas, 1));
  const rows = () => el.all(".vae-beta-row").slice(1).filter(({ classes }) => !classes.has("vae-beta-gone"));
  const strip = (row) => row.all("canvas")[0];
  const images = () => rows().map((row) => inks(strip(row), 7));
  const [beta, latent] = el.all(".vae-fader");
  const slide = (fader, value) => {
    fader.value = String(value);
    fader.handlers.input();
    page.frames.next();
  };
  const captions = () => el.querySelector(".vae-beta-digits").all("figcaption").map(({ textContent }) => textContent);
  return { el, stop, digits, rows, strip, images, beta, latent, slide, captions };
}

test("the image, its reconstruction, and a row of seven images for each latent, by falling KL", () => {
  const { digits, rows, images, captions, el } = render(new FakeModel(traits()));
  assertClose(digits(), [0, sigmoid(0.5 - 2), sigmoid(0.5 - 2)], 1 / 255);
  assert.deepEqual(captions(), ["the image", "from its mean\nat β = 1", "z2 = −1.00\nnot moved"]);
  assert.deepEqual(rows().map((row) => row.querySelector(".vae-beta-name").textContent), ["z2", "z1"]);
  assertClose(images()[0], w.valuesOf(2.5).map((value) => sigmoid(0.5 + 2 * value)), 1 / 255);
  assertClose(images()[1], w.valuesOf(2.5).map((value) => sigmoid(value - 2)), 1 / 255);
  assert.deepEqual(el.all(".vae-beta-fill").map(({ style }) => style.width), ["100%", "25%"]);
  assert.equal(el.querySelector(".vae-beta-rest").textContent, "no dimension sleeps");
  assert.match(el.querySelector(".vae-note").textContent, /means over 6144 images\.$/);
  assert.match(el.querySelector(".vae-figures").textContent, /^rate \(KL\) 2\.5 nats/);
});

test("another beta: its own decoder, fewer rows, and bars on the same scale", () => {
  const model = new FakeModel(traits());
  const { beta, slide, digits, rows, images, el, captions } = render(model);
  assert.deepEqual([beta.max, beta.attributes["aria-valuetext"]], [1, "β = 1"]);
  slide(beta, 1);
  assert.deepEqual([model.get("stop"), beta.attributes["aria-valuetext"]], [1, "β = 4"]);
  assertClose(digits(), [0, sigmoid(-0.25), sigmoid(-0.25)], 1 / 255);
  assert.equal(captions()[1], "from its mean\nat β = 4");
  assert.equal(rows().length, 1);
  assertClose(images()[0], w.valuesOf(2.5).map((value) => sigmoid(-value)), 1 / 255);
  assert.equal(el.all(".vae-beta-fill")[0].style.width, "50%");
  assert.equal(el.querySelector(".vae-beta-rest").textContent, "1 dimension sleeps (KL 0.00 in all)");
  mock.timers.tick(120);
  assert.equal(model.saves, 1);
  el.querySelector(".vae-beta-labels").all("span")[0].handlers.click();
  page.frames.next();
  assert.deepEqual([model.get("stop"), rows().length], [0, 2]);
});

test("another image, by its button", () => {
  const model = new FakeModel(traits());
  const { el, digits } = render(model);
  const buttons = el.all(".vae-thumbnail");
  assert.deepEqual(buttons.map(({ attributes }) => attributes["aria-label"]), ["image 1 of 2", "image 2 of 2"]);
  buttons[1].handlers.click();
  page.frames.next();
  assertClose(digits(), [1, sigmoid(4), sigmoid(4)], 1 / 255);
  assert.deepEqual(buttons.map(({ attributes }) => attributes["aria-pressed"]), ["false", "true"]);
});

test("one latent by the slider: it alone is decoded anew, until the image or beta is another", () => {
  const model = new FakeModel(traits());
  const { el, latent, beta, slide, digits, captions, rows, strip } = render(model);
  const painted = strip(rows()[0]).context.calls.length;
  slide(latent, 0.5);
  assertClose(digits(), [0, sigmoid(-1.5), sigmoid(0.5 + 1)], 1 / 255);
  assert.equal(captions()[2], "z2 = 0.50\nmoved");
  assert.equal(strip(rows()[0]).context.calls.length, painted);
  assert.deepEqual([latent.attributes["aria-label"], latent.attributes["aria-valuetext"]], ["z2", "0.50"]);
  const select = el.querySelector("select");
  assert.deepEqual(select.all("option").map(({ textContent }) => textContent), ["z2 (2.00 nats)", "z1 (0.50 nats)"]);
  select.value = "1";
  select.handlers.change();
  page.frames.next();
  assert.equal(captions()[2], "z1 = 0.50\nnot moved");
  assert.deepEqual(rows().map(({ classes }) => classes.has("vae-chosen")), [false, true]);
  slide(latent, -2.5);
  slide(beta, 1);
  assert.deepEqual([model.get("moved"), model.get("row"), captions()[2]], [null, 1, "z2 = 0.00\nnot moved"]);
  assert.deepEqual(select.all("option").map(({ textContent }) => textContent), ["z1 (1.00 nats)", "z2 (sleeps)"]);
  slide(latent, 2); // a dimension that sleeps can be moved too
  assertClose(digits(), [0, sigmoid(-0.25), sigmoid(-0.25)], 1 / 255);
  el.all(".vae-thumbnail")[1].handlers.click();
  assert.equal(model.get("moved"), null);
});

test("a pointer in a row moves its latent to where that image was decoded", () => {
  const model = new FakeModel(traits());
  const { rows, strip, captions } = render(model);
  const canvas = strip(rows()[1]);
  const at = (middle) => (300 * (14 + 30 * middle)) / 208; // the middle of an image, on a canvas 300 px wide
  const { pointerdown, pointermove, lostpointercapture } = canvas.handlers;
  pointermove({ pointerId: 7, clientX: at(5) });
  assert.equal(model.get("moved"), null);
  pointerdown({ button: 0, pointerId: 7, clientX: at(3) });
  page.frames.next();
  assert.deepEqual([canvas.captured, model.get("row"), captions()[2]], [7, 1, "z1 = 0.00\nmoved"]);
  pointerdown({ button: 0, pointerId: 8, clientX: at(6) }); // another finger
  pointermove({ pointerId: 7, clientX: at(0) });
  assert.equal(model.get("moved"), -2.5);
  pointermove({ pointerId: 7, clientX: at(4) });
  assert.equal(model.get("moved"), 0.85); // 5/6, in steps of 0.05
  pointermove({ pointerId: 7, clientX: 999 });
  assert.equal(model.get("moved"), 2.5);
  page.frames.next();
  assert.equal(rows()[1].querySelector(".vae-beta-line").style.left, `${(100 * 194) / 208}%`);
  lostpointercapture({ pointerId: 7 });
  pointermove({ pointerId: 7, clientX: at(1) });
  assert.equal(model.get("moved"), 2.5);
});

test("more dimensions than rows are folded, and no dimension awake leaves no row", () => {
  const many = { means: [Array(8).fill(0)], kl: [8, 7, 6, 5, 4, 3, 2, 1], active: Array(8).fill(true) };
  const wide = { ...traits().models[0], ...many, layers: [{ type: "linear", inputs: 8, outputs: 784 }] };
  Object.assign(wide, { weights: new DataView(new Float32Array(9 * 784).buffer), half: false });
  const model = new FakeModel({ ...traits(), models: [wide, { ...traits().models[1], active: [false, false] }] });
  const { rows, beta, slide, el } = render(model);
  assert.equal(rows().length, 6);
  assert.match(el.querySelector(".vae-beta-rest").textContent, /^2 dimensions more, with a KL of 3\.00 in all/);
  slide(beta, 1);
  assert.equal(rows().length, 0);
});

test("a view that is gone leaves nothing that listens, and has told the kernel all", () => {
  const model = new FakeModel(traits());
  const { latent, slide, stop } = render(model);
  slide(latent, 1);
  stop();
  assert.deepEqual([model.saves, model.listeners, document.handlers, window.handlers], [1, [], {}, {}]);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
