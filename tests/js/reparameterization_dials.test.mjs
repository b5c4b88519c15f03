import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { assertCleanFailure, assertClose, bytesOf, decoderTraits, FakeElement, FakeModel, fakePage } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/reparameterization_dials.js";

test("z = mu + sigma eps, each dimension with its own dials", () => {
  assertClose(w.reparameterize([1, -2], [0.5, 3], Float32Array.of(2, 1, -4, 0)), [2, 1, -1, -2]);
  assert.deepEqual(w.reparameterize([1, -2], [0.5, 3], []), []);
});

test("the nearest dot", () => {
  const points = [0, 0, 2, 0, 0, 3];
  const wanted = [[0.1, 0.1, 0], [1.5, 0, 1], [-1, 9, 2], [1, 0, 0]]; // halfway: the first
  for (const [x, y, best] of wanted) assert.equal(w.nearestPoint(points, x, y), best, `at ${x}, ${y}`);
});

test("one set out of all", () => {
  const eps = Float32Array.from({ length: 12 }, (_, i) => i); // 3 sets of 2 draws
  assert.deepEqual([0, 1, 2].map((draw) => [...w.oneSet(eps, draw, 2)]), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]);
  for (const draw of [3, -1, NaN, undefined]) {
    assert.throws(() => w.oneSet(eps, draw, 2), { message: `draw must be from 0 to 2, got ${draw}` });
  }
});

test("dots that the planes can't show", () => {
  assert.equal(w.countOutside([0, 0, 3.6, 0, 1, -9]), 2);
  assert.equal(w.countOutside([3.5, -3.5, 3.6, 9]), 1); // on the edge is in sight; a dot counts once
  assert.equal(w.countOutside([]), 0);
});

test("the colours of directions: four of the ring, no seam, and the distance is not looked at", () => {
  const color = (x, y) => w.directionColor(x, y);
  const four = [color(1, 0), color(0, 1), color(-1, 0), color(0, -1)];
  assert.deepEqual(four, ["rgb(208, 120, 0)", "rgb(74, 150, 116)", "rgb(31, 111, 200)", "rgb(84, 20, 74)"]);
  assert.equal(color(1, 1), "rgb(141, 135, 58)");
  for (const same of [color(1, -1e-9), color(1, 1e-9), color(2, 0), color(0, 0)]) assert.equal(same, four[0]);
});

test("the line of figures", () => {
  const [line, derivatives] = w.equation(1, [0, 0.5], [1, 0.4], [0, -1.2]).split("\t");
  assert.equal(line, "z₂ = μ₂ + σ₂ ε₂ = 0.50 + 0.40 × (−1.200) = 0.02");
  assert.equal(derivatives, "∂z₂/∂μ₂ = 1,\u2002∂z₂/∂σ₂ = ε₂ = −1.200");
  assert.match(w.equation(0, [-1, 0], [2, 1], [0.25, 0]), /^z₁ = .* = −1\.00 \+ 2\.00 × 0\.250 = −0\.50\t/);
});

let frames, el;
beforeEach(() => {
  frames = fakePage();
  el = new FakeElement("div");
});

/** Dials with 2 sets of 3 draws. */
function traitsOf(traits = {}) {
  const dials = { mu1: 1, mu2: -1, sigma1: 0.5, sigma2: 2 };
  const noise = { eps: bytesOf([0, 0, 1, 1, -2, 0.5, 3, 3, 2, 2, 1, 0]), draws: 3, draw: 0, chosen: 1 };
  return { ...decoderTraits(2), ...dials, ...noise, ...traits };
}

function render(traits = {}) {
  const model = new FakeModel(traitsOf(traits));
  return { model, stop: w.default.render({ model, el }) };
}

const canvases = () => el.all(".vae-plane").map((plane) => plane.querySelector("canvas"));
const key = (name, modifiers = {}) => ({ key: name, preventDefault: () => {}, ...modifiers });

test("the dials move z and leave eps where it is", () => {
  const { model, stop } = render();
  const [noise, latent] = canvases();
  const dots = ({ context }) => context.calls.filter(([name]) => name === "arc").slice(-5).map(([, x, y]) => [x, y]);
  const before = [dots(noise), dots(latent)];
  model.set("mu1", 2);
  frames.next();
  assert.deepEqual(dots(noise), before[0]);
  const step = (2 * noise.width) / 7; // 1 on planes from -3.5 to 3.5, at 2 units to a pixel (13 px, text of 26)
  assertClose(dots(latent).flat(), before[1].flatMap(([x, y]) => [x + step, y]), 1e-6);
  assert.equal(el.querySelector("figcaption").textContent, "ε ~ N(0, I): frozen");
  assert.match(latent.attributes["aria-label"], /μ is at \(2\.00, −1\.00\), the chosen sample at \(2\.50, 1\.00\)/);
  stop();
  model.set("mu2", 0);
  assert.equal(frames.waiting.size, 0);
});

test("the button takes the next set, and after the last the first", () => {
  const { model } = render();
  const button = el.querySelector("button");
  for (const draw of [1, 0]) {
    button.handlers.click();
    frames.next();
    assert.equal(model.get("draw"), draw);
    assert.equal(el.querySelector(".vae-note").textContent, `set ${draw + 1} of 2`);
  }
  assert.deepEqual([button.disabled, model.saves], [false, 2]);
});

test("one set only: nothing to press", () => {
  render({ eps: bytesOf([0, 0, 1, 1, -2, 0.5]) });
  assert.equal(el.querySelector("button").disabled, true);
});

test("arrow keys choose the sample before and after, round and round", () => {
  const { model } = render();
  const { keydown } = canvases()[0].handlers;
  const seen = ["ArrowRight", "ArrowRight", "ArrowLeft", "Tab"].map((name) => {
    keydown(key(name));
    return model.get("chosen");
  });
  assert.deepEqual(seen, [2, 0, 2, 2]);
  for (const modifier of ["ctrlKey", "altKey", "metaKey", "shiftKey"]) keydown(key("ArrowLeft", { [modifier]: true }));
  assert.equal(model.get("chosen"), 2); // those belong to the browser and to JupyterLab
});

test("a click chooses the nearest dot of its own plane", () => {
  const { model } = render();
  const [noise, latent] = canvases();
  const clickAt = (canvas, x, y) => {
    canvas.getBoundingClientRect = () => ({ left: 10, top: 20, width: 700, height: 700 });
    canvas.handlers.click({ clientX: 10 + 350 + 100 * x, clientY: 20 + 350 - 100 * y });
    return model.get("chosen");
  };
  assert.deepEqual([clickAt(noise, -2, 0.5), clickAt(noise, 0.1, 0), clickAt(noise, 1.2, 1)], [2, 0, 1]);
  assert.deepEqual([clickAt(latent, 0, 0), clickAt(latent, 1.4, 1), clickAt(latent, 1, -1)], [2, 1, 0]);
});

test("values that can't be drawn give a message", () => {
  const cases = [
    [{ sigma1: 0 }, /sigma must be above 0, got 0 and 2/],
    [{ chosen: 3 }, /chosen must be from 0 to 2, got 3/],
    [{ draw: 2 }, /draw must be from 0 to 1, got 2/],
  ];
  for (const [traits, message] of cases) {
    el = new FakeElement("div");
    render(traits);
    assert.match(el.querySelector(".vae-error").textContent, message);
  }
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traitsOf());
});
