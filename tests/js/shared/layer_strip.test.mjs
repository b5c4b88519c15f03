import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeElement, freshPages } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/layer_strip.js";

freshPages();
const INK = new Float32Array(784);

test("what is frozen is held in all draws, the rest is each draw's own", () => {
  const draws = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10); // two of (2 + 3)
  const of = (frozen) => w.heldOrDrawn(draws, frozen, [-1, -2], [-3, -4, -5]).map((pair) => pair.map((part) => [...part]));
  assert.deepEqual(of(""), [[[1, 2], [3, 4, 5]], [[6, 7], [8, 9, 10]]]);
  assert.deepEqual(of("z2"), [[[-1, -2], [3, 4, 5]], [[-1, -2], [8, 9, 10]]]);
  assert.deepEqual(of("eps1"), [[[1, 2], [-3, -4, -5]], [[6, 7], [-3, -4, -5]]]);
});

test("the strip says for eye and ear what is held", () => {
  const el = new FakeElement("div");
  w.addStrip(el, 3).show(w.STRIPS.z2, [INK, INK, INK]);
  assert.equal(el.querySelector(".vae-layer-pads-title").textContent, "z₂ held, eight draws of ε₁");
  assert.equal(el.querySelector(".vae-digits").attributes["aria-label"], "z₂ held, eight draws of ε₁");
  assert.ok(el.all("canvas").every(({ context }) => context.calls.length === 1));
});

test("the bars share one scale, and a negative part has none", () => {
  const el = new FakeElement("div");
  const show = w.addCosts(el, 20);
  const bars = () => el.all(".vae-layer-pads-bar").map(({ style }) => style.width);
  show(7, [15, 5]);
  assert.deepEqual(bars(), ["25%", "75%"]);
  assert.match(el.text, /KL of the held-out 7: 20\.0 nats/);
  assert.match(el.text, /z₂ 5\.0.*z₁ 15\.0/s);
  show(1, [-0.5, 5]);
  assert.deepEqual(bars(), ["25%", "0%"]);
  assert.match(el.text, /z₁ −0\.5/);
});

test("a button for each held-out image, and the chosen one is pressed", () => {
  const [el, chosen] = [new FakeElement("div"), []];
  const show = w.addExamples(el, [INK, INK], [4, 7], (k) => chosen.push(k));
  el.all("button")[1].handlers.click();
  assert.deepEqual(chosen, [1]);
  show(1);
  assert.deepEqual(el.all("button").map(({ attributes }) => [attributes["aria-label"], attributes["aria-pressed"]]), [
    ["start from a held-out 4", "false"],
    ["start from a held-out 7", "true"],
  ]);
  const painted = el.all("canvas").map(({ context }) => context.calls.filter(([name]) => name === "putImageData").length);
  assert.deepEqual(painted, [1, 1]); // with its image
});
