import assert from "node:assert/strict";
import test from "node:test";

import { FakeElement, fakePage } from "../fakes.mjs";
import { addThumbnails } from "../../../vae_helpers/widgets/shared/thumbnails.js";

test("each image is a button with a name and a picture, and tells which it is", () => {
  fakePage();
  const el = new FakeElement("div");
  const chosen = [];
  const show = addThumbnails(el, [Float32Array.of(1), Float32Array.of(0)], (k) => chosen.push(k));
  const buttons = el.all(".vae-thumbnail");
  assert.deepEqual(buttons.map(({ attributes }) => attributes["aria-label"]), ["image 1 of 2", "image 2 of 2"]);
  const inks = el.all("canvas").map(({ context }) => context.calls[0][1].data[0]);
  assert.deepEqual(inks, [0, 255]); // ink is black
  buttons[1].handlers.click();
  assert.deepEqual(chosen, [1]);
  show(1);
  assert.deepEqual(buttons.map(({ attributes }) => attributes["aria-pressed"]), ["false", "true"]);
});
