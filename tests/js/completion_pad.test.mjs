import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, FakeObserver, freshPages } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/completion_pad.js";
import { toFloats } from "../../vae_helpers/widgets/shared/bytes.js";

const IMAGES = Uint8Array.from({ length: 2 * 784 }, (_, i) => (i < 784 ? 51 : 255)); // one a fifth grey, one black
const [TOP_LEFT, BOTTOM_RIGHT] = [0, 783];

const page = freshPages();

test("which pixels are seen: quadrants of 14 times 14, by rows", () => {
  for (const [k, first, last] of [[0, 0, 13 * 28 + 13], [1, 14, 13 * 28 + 27], [2, 14 * 28, 27 * 28 + 13], [3, 14 * 28 + 14, 783]]) {
    const shown = w.seenPixels([0, 1, 2, 3].map((one) => one === k));
    const inside = [...shown.keys()].filter((i) => shown[i]);
    assert.deepEqual([inside.length, inside[0], inside.at(-1)], [196, first, last]);
    assert.ok(inside.every((i) => i % 28 >= first % 28 && i % 28 <= last % 28));
  }
});

test("what the model sees, in words", () => {
  const words = [[false, false, true, false], [true, false, false, true], [false, false, false, false]].map(w.named);
  assert.deepEqual(words, ["bottom left", "top left, bottom right", "nothing"]);
});

test("z = mu + sigma eps for each completion; the networks get what is seen and the flags, and no pixel beside", () => {
  const told = [];
  const prior = (condition) => {
    told.push(condition);
    return [1, 2, 2 * Math.log(3), 2 * Math.log(0.5)]; // mu 1 and 2, sigma 3 and 0.5
  };
  const decode = (input) => {
    told.push(input);
    return Float32Array.from({ length: 784 }, () => input[0] / 100);
  };
  const image = Float32Array.from({ length: 784 }, (_, i) => (i + 1) / 784);
  const seen = [false, true, false, false];
  const { visible, images, mean } = w.makeCompletion(prior, decode, 2)(image, seen, [0, 0, 1, -2]);
  const shown = w.seenPixels(seen);
  assert.deepEqual([...visible], [...image].map((value, i) => (shown[i] ? value : 0)));
  const condition = [...visible, 0, 1, 0, 0];
  assert.deepEqual(told[0], condition);
  assertClose(told[1], [1, 2, ...condition]);
  assertClose(told[2], [4, 1, ...condition]);
  images.forEach((one, k) => assertClose(one, [...image].map((value, i) => (shown[i] ? value : [0.01, 0.04][k])), 1e-7));
  assertClose(mean, [...image].map((value, i) => (shown[i] ? value : 0.025)), 1e-7);
});

/** A pad on two test images; mu is 0, sigma 1, and each pixel's logit is z. */
function traits() {
  const prior = [{ type: "linear", inputs: 788, outputs: 2 }];
  const decoder = [{ type: "linear", inputs: 789, outputs: 784 }];
  const weights = [...Array(784).fill(1), ...Array(788 * 784 + 784).fill(0)];
  const networks = { prior, prior_weights: bytesOf(Array(788 * 2 + 2).fill(0)), decoder, decoder_weights: bytesOf(weights) };
  const eps = [0, Math.log(3), -Math.log(3)];
  const first = { image: bytesOf(Array(784).fill(0.2)), strokes: [], index: 0, turn: 0, seen: [false, false, true, false] };
  return { ...networks, latent_dim: 1, eps, images: new DataView(IMAGES.buffer), point_labels: [7, 3], presenter: false, ...first };
}

function render(model) {
  const el = new FakeElement("div");
  const stop = w.default.render({ model, el });
  const paper = el.querySelector(".vae-draw-paper");
  if (paper) FakeObserver.resize(paper);
  const tell = (type, x, y) => paper.handlers[type]({ button: 0, pointerId: 1, clientX: x, clientY: y });
  const press = (title) => el.all("button").find(({ textContent }) => textContent === title).handlers.click();
  const tick = (k, checked) => {
    const box = el.all("input")[k];
    box.checked = checked;
    box.handlers.change();
  };
  const text = () => paper.attributes["aria-valuetext"];
  /** The greys last painted on a digit's canvas (what is seen, the mean, the completions), at some pixels. */
  const greys = (digit, pixels) => {
    const painted = el.all("figure")[digit].querySelector("canvas").context.calls.filter(([name]) => name === "putImageData");
    return pixels.map((i) => painted.at(-1)[1].data[4 * i]);
  };
  return { el, stop, paper, tell, press, tick, text, greys };
}

test("what is seen, the mean and the completions, each with a name", () => {
  const { el, text, greys } = render(new FakeModel(traits()));
  assert.equal(text(), "test image 0, a 7; the model sees bottom left");
  const names = el.all("figure").map((figure) => figure.querySelector("canvas").attributes["aria-label"]);
  assert.deepEqual(names, [
    "what is seen:\n1 of 4", "the mean\nof the 3", "completion 1", "completion 2", "completion 3",
  ]);
  const seen = 27 * 28; // bottom left
  assert.deepEqual([0, 1, 2, 3, 4].map((digit) => greys(digit, [TOP_LEFT, seen])), [
    [255, 204], [128, 204], [128, 204], [64, 204], [191, 204],
  ]);
});

test("boxes choose what is seen, for all views and for Python, at once", () => {
  const model = new FakeModel(traits());
  const [one, other] = [render(model), render(model)];
  assert.deepEqual(one.el.all("input").map(({ checked }) => checked), [false, false, true, false]);
  one.tick(3, true);
  assert.deepEqual([model.get("seen"), model.saves], [[false, false, true, true], 1]);
  one.tick(2, false);
  page.frames.next();
  assert.equal(other.text(), "test image 0, a 7; the model sees bottom right");
  assert.deepEqual(other.el.all("input").map(({ checked }) => checked), [false, false, false, true]);
  assert.deepEqual(other.greys(0, [TOP_LEFT, 27 * 28, BOTTOM_RIGHT]), [255, 255, 204]);
});

test("unseen quadrants are veiled on the paper, shut in what is seen, and blue in what the model adds", () => {
  const model = new FakeModel({ ...traits(), seen: [true, false, true, true] });
  const { el, paper } = render(model);
  const covers = (canvas) => canvas.context.calls.filter(([name, x]) => name === "fillRect" && x > 0).map(([, ...box]) => box);
  assert.deepEqual(covers(paper).at(-1), [150, 0, 150, 150]);
  for (const figure of el.all("figure")) assert.deepEqual(covers(figure.querySelector("canvas")), [[14, 0, 14, 14]]);
});

test("a stroke stays where it is drawn, keeps the noise, and is saved when it ends", () => {
  const model = new FakeModel(traits());
  const { tell, text, press, greys, stop } = render(model);
  const before = model.get("eps");
  tell("pointerdown", 30, 270);
  tell("pointermove", 45, 270);
  tell("lostpointercapture", 45, 270);
  assert.equal(model.saves, 1);
  page.frames.next();
  assert.equal(text(), "your drawing, 1 stroke; the model sees bottom left");
  const ink = toFloats(model.get("image"));
  const inked = [...ink.keys()].filter((i) => ink[i] > 0);
  assert.ok(inked.length > 5 && inked.every((i) => i % 28 < 7 && i > 22 * 28)); // near (3 to 4.5, 27) of 28
  assert.equal(model.get("eps"), before);
  const completions = () => [2, 3, 4].map((digit) => greys(digit, [TOP_LEFT])[0]);
  assert.deepEqual(completions(), [128, 64, 191]);
  press("draw z again");
  page.frames.next();
  assert.equal(model.get("eps").length, 3);
  assert.notDeepEqual(completions(), [128, 64, 191]);
  press("undo");
  page.frames.next();
  assert.match(text(), /^an empty sheet/);
  stop();
  assert.deepEqual([model.listeners, document.handlers, window.handlers], [[], {}, {}]);
});

test("keys choose test images", () => {
  const { paper, text, greys } = render(new FakeModel(traits()));
  paper.handlers.keydown({ key: "ArrowRight", preventDefault: () => {} });
  page.frames.next();
  assert.match(text(), /^test image 1, a 3/);
  assert.deepEqual(greys(0, [TOP_LEFT, 27 * 28]), [255, 0]);
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

test("weights that do not fit their layers are an error at once", () => {
  const { el } = render(new FakeModel({ ...traits(), prior_weights: bytesOf([1, 2]) }));
  assert.match(el.querySelector(".vae-error").textContent, /2 weights came, the layers hold 1578/);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
