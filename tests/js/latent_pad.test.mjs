import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, bytesOf, decoderTraits, FakeElement, FakeModel, FakeObserver, fakePage } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/latent_pad.js";
import { toPixel } from "../../vae_helpers/widgets/shared/canvas.js";

/** A pad with two images and points, on a map from -4 to 4. */
function traits() {
  const map = { points: bytesOf([1, 1, -2, 0]), point_labels: [3, 7], colors: Array(10).fill("red"), limit: 4 };
  const images = new DataView(new ArrayBuffer(2 * 784));
  return { ...decoderTraits(2), ...map, images, z1: 2, z2: -1, nearest: false, presenter: false };
}

test("the digit, the point and the nearest images are those at z", () => {
  const frames = fakePage();
  const [model, el] = [new FakeModel(traits()), new FakeElement("div")];
  const stop = w.default.render({ model, el });
  const canvas = el.querySelector(".vae-pad-map");
  FakeObserver.resize(canvas); // it has its first size
  const rings = () => canvas.context.calls.filter(([name]) => name === "arc").map(([, x, y]) => [x, y]);
  const place = (x, y) => toPixel(x, y, 300, 4);
  assert.match(el.querySelector("figcaption").textContent, /^z = \(2\.00, -1\.00\)/);
  assert.deepEqual(rings(), [place(2, -1)]);
  model.set("nearest", true);
  frames.next();
  assert.deepEqual(rings().slice(1), [place(1, 1), place(-2, 0), place(2, -1)]);
  const captions = el.all("figcaption").map((caption) => caption.textContent);
  assert.deepEqual(captions.slice(1), ["a 3", "a 7"]);
  stop();
  assert.deepEqual(model.listeners, []);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
