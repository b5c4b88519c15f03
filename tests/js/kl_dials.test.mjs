import assert from "node:assert/strict";
import test from "node:test";

import { assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, fakePage } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/kl_dials.js";

test("the closed form, by hand", () => {
  const found = [[0, 1], [1, 1], [-1, 1], [0, 2], [3, 0.5]].map(([mu, sigma]) => w.closedForm(mu, sigma));
  assertClose(found, [0, 0.5, 0.5, 1.5 - Math.LN2, 4.125 + Math.LN2]);
  assert.equal(w.closedForm(0, 0), Infinity); // a point has an infinite KL, not NaN
});

test("Monte Carlo, by hand", () => {
  // mu = 1, sigma = 1: log q - log p = eps + 1/2, here -1/2, 1/2 and 3/2, with a sample variance of 1
  const shifted = w.monteCarlo(1, 1, [-1, 0, 1]);
  assertClose([shifted.mean, shifted.band], [0.5, 1.96 / Math.sqrt(3)]);
  // mu = 0, sigma = 2: 3/2 eps^2 - ln 2
  const stretched = w.monteCarlo(0, 2, Float32Array.of(0, 1));
  assertClose([stretched.mean, stretched.band], [0.75 - Math.LN2, 1.96 * 0.75]);
  assert.deepEqual(w.monteCarlo(0, 1, [-1.3, 0, 2.1]), { mean: 0, band: 0 }); // q is p: nothing to estimate
});

test("the areas, by hand", () => {
  // mu = 1, sigma = 1: the integral of phi(e) (e + 1/2), which changes its sign at -1/2
  const areas = w.signedAreas(1, 1);
  const above = 0.3520653268 + 0.5 * 0.6914624613; // phi(1/2) + Phi(1/2) / 2
  assertClose([areas.positive, areas.negative], [above, 0.5 - above], 1e-5);
  assert.deepEqual(w.signedAreas(0, 1), { positive: 0, negative: 0 });
});

test("the areas above and below zero make the closed form, also at the dials' ends", () => {
  for (const mu of [-3, 0, 0.5, 3]) {
    for (const sigma of [0.1, 0.3, 1, 3]) {
      const { positive, negative } = w.signedAreas(mu, sigma);
      assert.ok(positive >= 0 && negative <= 0);
      assertClose([positive + negative], [w.closedForm(mu, sigma)], 1e-9);
    }
  }
});

test("the pictures hold q, at the dials' ends too", () => {
  const found = [[1, 0.6], [0, 0.1], [0, 1.5], [0, 2], [3, 0.7], [0, 3], [-3, 3]].map(([mu, s]) => w.reachOf(mu, s));
  assert.deepEqual(found, [6, 6, 6, 8, 6, 12, 16]); // as plots.kl_picture
});

test("the three figures under the curves", () => {
  const frames = fakePage();
  const el = new FakeElement("div");
  const model = new FakeModel({ mu: 1, sigma: 1, eps: bytesOf([-1, 0, 1]) });
  const stop = w.default.render({ model, el });
  const figures = el.querySelector(".vae-figures");
  const lines = figures.textContent.split("\n");
  assert.equal(lines[0], "closed form: 0.500 nats");
  assert.match(lines[1], /^areas: 0\.69\d above \(blue\) − 0\.19\d below \(orange\)$/);
  assert.equal(lines[2], "Monte Carlo, 3 draws: 0.500 ± 1.132");
  model.set("sigma", 0);
  frames.next();
  assert.match(el.querySelector(".vae-error").textContent, /sigma must be above 0, got 0/);
  model.set("sigma", 2);
  frames.next();
  assert.equal(el.querySelector(".vae-error"), null);
  assert.match(figures.textContent, /^closed form: 1\.307 nats/);
  stop();
  model.set("mu", 0);
  assert.equal(frames.waiting.size, 0);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, { mu: 1, sigma: 1, eps: bytesOf([-1, 0, 1]) });
});
