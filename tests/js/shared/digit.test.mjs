import assert from "node:assert/strict";
import test from "node:test";

import { fakeContext, FakeElement, fakePage } from "../fakes.mjs";
import { addDigit, inksOf, paintInk } from "../../../vae_helpers/widgets/shared/digit.js";

test("a digit is black ink on white paper, with its caption for eye and screen reader", () => {
  fakePage();
  const el = new FakeElement("div");
  const draw = addDigit(el, "vae-large");
  const pixels = new Float32Array(784);
  pixels[1] = 1;
  pixels[783] = 0.2;
  draw(pixels, "a 7");
  const canvas = el.querySelector("canvas");
  const [[name, image]] = canvas.context.calls;
  assert.equal(name, "putImageData");
  assert.deepEqual([...image.data.slice(0, 8)], [255, 255, 255, 255, 0, 0, 0, 255]);
  assert.deepEqual([...image.data.slice(-4)], [204, 204, 204, 255]);
  assert.deepEqual([el.querySelector("figcaption").textContent, canvas.attributes["aria-label"]], ["a 7", "a 7"]);
  assert.deepEqual([canvas.width, canvas.height, canvas.attributes.role], [28, 28, "img"]);
  assert.ok(el.querySelector(".vae-large"));
});

test("pictures side by side on one canvas, in all 256 greys", () => {
  const context = fakeContext();
  const ink = Float32Array.from({ length: 784 }, (_, i) => (i % 256) / 255);
  paintInk(context, ink, 30);
  const [[name, image, ...place]] = context.calls;
  assert.deepEqual([name, ...place], ["putImageData", 30, 0]);
  const greys = Array.from({ length: 256 }, (_, i) => image.data[4 * i]);
  assert.deepEqual(greys, Array.from({ length: 256 }, (_, i) => 255 - i)); // none is rounded to its neighbour
});

test("a digit that is painted in another way", () => {
  fakePage();
  const painted = [];
  addDigit(new FakeElement("div"), "", (context, ink) => painted.push(ink))([0.5], "half");
  assert.deepEqual(painted, [[0.5]]);
});

test("images in their bytes, wherever they begin, are ink from 0 to 1", () => {
  const bytes = new Uint8Array(3 + 2 * 784);
  bytes.set([255, 51], 3 + 784);
  const [first, second] = inksOf(new DataView(bytes.buffer, 3));
  assert.deepEqual([first.length, second.length, first[0]], [784, 784, 0]);
  assert.deepEqual([...second.subarray(0, 3)], [1, Math.fround(0.2), 0]);
});
