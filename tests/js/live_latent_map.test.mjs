import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import * as w from "../../vae_helpers/widgets/live_latent_map.js";
import { assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, FakeObserver, fakePage } from "./fakes.mjs";

let frames;
beforeEach(() => {
  frames = fakePage();
  globalThis.matchMedia = () => ({ matches: false });
});

test("numbers glide evenly, and stay where they are wanted", () => {
  const glide = w.makeGlide(Float32Array.of(0, 10));
  assert.ok(glide.over(5));
  glide.to(Float32Array.of(4, 20), 100, 200);
  for (const [now, wanted] of [[100, [0, 10]], [150, [1, 12.5]], [200, [2, 15]], [300, [4, 20]], [999, [4, 20]]]) {
    assertClose(glide.at(now), wanted, 1e-6);
    assert.equal(glide.over(now), now >= 300);
  }
});

test("a new goal on the way is gone to from there, and without time at once", () => {
  const glide = w.makeGlide(Float32Array.of(0));
  glide.to(Float32Array.of(4), 0, 200);
  glide.to(Float32Array.of(0), 100, 200);
  assertClose(glide.at(100), [2]);
  assertClose(glide.at(200), [1]);
  glide.to(Float32Array.of(7), 200, 0);
  assertClose(glide.at(200), [7]);
});

function traits() {
  const points = bytesOf([0, 0, 0, 0]);
  return { points, point_labels: [3, 5], colors: Array(10).fill("#123456"), limit: 4, caption: "before the first step" };
}

/** How many frames a view takes to show new points, if a frame comes each 50 ms; and the view. */
function framesUntilStill(calm) {
  globalThis.matchMedia = () => ({ matches: calm });
  let now = 0;
  mock.method(performance, "now", () => now);
  const model = new FakeModel(traits());
  const el = new FakeElement("div");
  const stop = w.default.render({ model, el });
  FakeObserver.resize(el.querySelector(".vae-map")); // it has its first size
  while (frames.waiting.size) (now += 50), frames.next();
  model.set("points", bytesOf([1, 1, -1, -1]));
  model.set("caption", "after 25 steps");
  let count = 0;
  for (; frames.waiting.size; count++) (now += 50), frames.next();
  mock.restoreAll();
  return { count, model, el, stop };
}

test("new points are painted frame by frame until they are there, with their caption", () => {
  const { count, model, el, stop } = framesUntilStill(false);
  assert.ok(count >= 5 && count <= 7, `${count} frames`);
  assert.equal(el.querySelector(".vae-note").textContent, "after 25 steps");
  assert.equal(el.querySelector(".vae-map").attributes["aria-label"], "latent map after 25 steps");
  stop();
  assert.deepEqual([model.listeners, frames.waiting.size], [[], 0]);
});

test("who asks for little motion sees the new places at once", () => {
  assert.ok(framesUntilStill(true).count <= 2);
});

test("a view that can't be set up says so and listens to nothing", () => assertCleanFailure(w.default, traits()));
