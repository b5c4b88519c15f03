import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { assertCleanFailure, bytesOf, decoderTraits, FakeElement, FakeModel, fakePage } from "./fakes.mjs";
import widget from "../../vae_helpers/widgets/latent_sliders.js";

let frames, el;
beforeEach(() => {
  frames = fakePage();
  el = new FakeElement("div");
});

test("shows the digit at z0, z1, z2, as many as the network takes", () => {
  const model = new FakeModel({ ...decoderTraits(3), z0: 1, z1: 2, z2: -2 });
  const stop = widget.render({ model, el });
  const caption = () => el.querySelector("figcaption").textContent;
  const ink = () => 255 - el.querySelector("canvas").context.calls.at(-1)[1].data[0];
  assert.equal(caption(), "the digit decoded at\n|z| = 3.00");
  assert.ok(Math.abs(ink() - 255 / (1 + Math.exp(-1))) <= 1);
  model.set("z2", 0);
  frames.next();
  assert.equal(caption(), "the digit decoded at\n|z| = 2.24");
  assert.ok(Math.abs(ink() - 255 / (1 + Math.exp(-3))) <= 1);
  stop();
  model.set("z0", 0);
  assert.equal(frames.waiting.size, 0);
});

test("weights that don't fit give a message, and a view that can be closed", () => {
  const model = new FakeModel({ ...decoderTraits(2), weights: bytesOf([1, 2]) });
  const stop = widget.render({ model, el });
  assert.match(el.querySelector(".vae-error").textContent, /stopped: 2 weights came, the layers hold 2352\./);
  stop();
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(widget, { ...decoderTraits(1), z0: 1 });
});
