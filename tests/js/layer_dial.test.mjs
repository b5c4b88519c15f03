import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, assertClose, FakeElement, FakeModel, FakeObserver, freshPages } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/layer_dial.js";

const page = freshPages();
const ranges = { a: [0, 0.99], s: [0.1, 2], x: [-3, 3] };
const traits = (more) => ({ a: 0.5, s: 1, x: 2, ranges, presenter: false, ...more });

test("the figures, by hand", () => {
  // s = 1: the variance of x is 2; at a = 0 the top costs nothing, and z1 costs KL(N(x / 2, 1/2) || N(0, 1))
  const dead = w.figuresOf(2, 0, 1);
  assertClose([dead.top, dead.bottom], [0, 0.5 * (1 + 0.5 - 1 + Math.LN2)]);
  assertClose([dead.meanTop, dead.meanBottom], [0, 0.5 * Math.LN2]);
  assertClose([dead.evidence, dead.elbo, dead.unlinked], Array(3).fill(-0.5 * Math.log(4 * Math.PI) - 1));
});

test("a moves nats and nothing else, but for a q without a link", () => {
  for (const [x, s] of [[0, 0.1], [2, 0.6], [-3, 2]]) {
    const all = [0, 0.5, 0.99].map((a) => w.figuresOf(x, a, s));
    for (const one of all) {
      assertClose([one.top + one.bottom, one.meanTop + one.meanBottom], [all[0].bottom, all[0].meanBottom]);
      assertClose([one.elbo, one.evidence], [all[0].elbo, all[0].elbo]);
    }
    assert.ok(all[0].top === 0 && all[1].meanTop < all[2].meanTop);
    assert.ok(all[0].unlinked > all[1].unlinked && all[1].unlinked > all[2].unlinked);
    assert.equal(new Set(all.map(w.widthOf)).size, 1);
  }
});

test("the posterior: with a dead top z2 stays as it was", () => {
  const dead = w.posteriorOf(2, 0, 1);
  assertClose([...dead.middle, dead.sd2, dead.sd1, dead.rho], [0, 1, 1, Math.SQRT1_2, 0]);
  const { middle, sd2, rho, sd1 } = w.posteriorOf(2, 0.8, 1);
  assertClose([...middle, sd2 ** 2, rho * sd1 * sd2], [0.8, 1, 0.68, 0.4]);
});

test("keys", () => {
  const to = (key, shift = false, x = 1) => w.stepOf(x, key, shift, 3);
  assertClose([to("ArrowUp"), to("ArrowRight"), to("ArrowDown"), to("ArrowLeft")], [1.05, 1.05, 0.95, 0.95]);
  assertClose([to("ArrowUp", true), to("PageDown"), to("Home"), to("ArrowUp", true, 2.9)], [1.5, 0.5, 0, 3]);
  assert.equal(to("q"), null);
});

function render(model) {
  const el = new FakeElement("div");
  const stop = w.default.render({ model, el });
  assert.equal(el.querySelector(".vae-error"), null);
  const canvas = el.querySelector(".vae-layer-dial-plane");
  FakeObserver.resize(canvas);
  const [a, s] = el.all(".vae-fader");
  const slide = (fader, value) => {
    fader.value = String(value);
    fader.handlers.input();
    page.frames.next();
  };
  const widths = () => el.all(".vae-layer-dial-track").map((track) => track.children.map(({ style }) => parseFloat(style.width)));
  return { el, stop, canvas, a, s, slide, widths, figures: () => el.querySelector(".vae-figures").textContent };
}

test("the dial shifts the bars' border; their length and the first two figures stay", () => {
  const model = new FakeModel(traits());
  const { a, s, slide, widths, figures, el } = render(model);
  const sums = () => widths().map(([top, bottom]) => top + bottom);
  slide(a, 0);
  const [before, text] = [sums(), figures()];
  assert.equal(widths()[0][0], 0);
  assert.equal(text, "log p(x) = −2.27 nats\nELBO, exact q: −2.27\nELBO, q without a link: −2.27");
  slide(a, 0.9);
  assert.equal(model.get("a"), 0.9);
  assertClose(sums(), before);
  assert.ok(widths()[0][0] > 20 && figures() !== text);
  assert.deepEqual(figures().split("\n").slice(0, 2), text.split("\n").slice(0, 2));
  assert.match(el.querySelector(".vae-layer-dial-bars").attributes["aria-label"], /^KL of z₂ plus KL of z₁, in nats\. this x: 0\.\d\d \+/);
  assert.match(a.attributes["aria-valuetext"], /^0\.90, KL of z₂ 0\.\d\d, z₁ 0\.\d\d nats$/);
  slide(s, 0.1);
  assert.equal(model.get("s"), 0.1);
  assert.notEqual(figures().split("\n")[0], text.split("\n")[0]);
});

test("x goes where the hand is, and no further than it may", () => {
  const model = new FakeModel(traits());
  const { canvas } = render(model);
  const event = { button: 0, pointerId: 1, clientX: 20, clientY: 150 };
  canvas.handlers.pointerdown(event);
  assert.equal(model.get("x"), 0); // the middle of 300 pixels
  canvas.handlers.pointermove({ ...event, clientY: 0 });
  assert.equal(model.get("x"), 3);
  canvas.handlers.lostpointercapture(event);
  let stopped = 0;
  canvas.handlers.keydown({ key: "ArrowDown", shiftKey: true, preventDefault: () => stopped++ });
  page.frames.next();
  assert.equal(model.get("x"), 2.5);
  assert.equal(stopped, 1);
  assert.match(canvas.attributes["aria-valuetext"], /^x 2\.50, KL of z₂/);
});

test("the posterior is filled twice, the prior stroked twice, and x is a line at its height", () => {
  const { canvas } = render(new FakeModel(traits({ x: 1.6 })));
  const { calls } = canvas.context;
  calls.length = 0;
  FakeObserver.resize(canvas);
  assert.equal(calls.filter(([name]) => name === "fill").length, 3); // and the disc
  const line = calls.filter(([name]) => name === "moveTo").at(-1);
  assertClose(line.slice(1), [0, 75]); // 1.6 of -3.2 to 3.2 on 300 pixels
});

test("Python's changes are shown on the next frame, and a view that is gone leaves nothing", () => {
  const model = new FakeModel(traits());
  const { canvas, stop } = render(model);
  model.set("x", -1);
  page.frames.next();
  assert.equal(canvas.attributes["aria-valuenow"], "-1.00");
  stop();
  assert.deepEqual([model.listeners, document.handlers, window.handlers], [[], {}, {}]);
});

test("each bar has z2 first, on a scale that is named and holds the longer one", () => {
  const model = new FakeModel(traits({ x: 0, s: 0.1 }));
  const { el, a, slide, widths } = render(model);
  const { top, bottom, meanTop, meanBottom } = w.figuresOf(0, 0.5, 0.1);
  assert.ok(top + bottom < 2 && meanTop + meanBottom > 2);
  assert.equal(el.querySelector(".vae-layer-dial-scale").textContent, "whole width: 3 nats");
  widths().forEach((row, k) => assertClose(row, [[top, bottom], [meanTop, meanBottom]][k].map((nats) => (100 * nats) / 3)));
  slide(a, 0);
  assert.deepEqual(widths().map(([first]) => first), [0, 0]);
});

test("the faders stand where Python puts them, with their figures", () => {
  const model = new FakeModel(traits());
  const { el, a, s } = render(model);
  model.set("a", 0.9);
  model.set("s", 1.5);
  page.frames.next();
  assert.deepEqual([a.value, s.value], [0.9, 1.5]);
  assert.deepEqual(el.all(".vae-layer-dial-figure").map(({ textContent }) => textContent), ["0.90", "1.50"]);
});

test("a key with Ctrl is the browser's, and none moves x while a hand holds it", () => {
  const model = new FakeModel(traits());
  const { canvas } = render(model);
  const press = (more) => canvas.handlers.keydown({ key: "ArrowDown", preventDefault: () => assert.fail(), ...more });
  for (const name of ["ctrlKey", "altKey", "metaKey"]) press({ [name]: true });
  assert.equal(model.get("x"), 2);
  canvas.handlers.pointerdown({ button: 0, pointerId: 1, clientX: 20, clientY: 150 });
  press({});
  assert.equal(model.get("x"), 0);
});

test("the prior is dashed, and leans as a says; the name of x stays within the plane", () => {
  const { canvas } = render(new FakeModel(traits({ a: 0.8, x: 3 })));
  const { calls } = canvas.context;
  calls.length = 0;
  FakeObserver.resize(canvas);
  assert.deepEqual(calls.filter(([name]) => name === "setLineDash").map(([, dash]) => dash), [[6, 5], [], [6, 5], []]);
  const path = calls.filter(([name]) => name === "lineTo").slice(2 + 91); // behind the axes and the outer ring of the posterior
  assertClose(path[0].slice(1), [(2 / 3.2 + 1) * 150, (1 - 1.6 / 3.2) * 150]); // z2 = 2 and z1 = 0.8 * 2
  const [, , , height] = calls.find(([name, text]) => name === "fillText" && text === "x = 3.00");
  assert.ok(height > (1 - 3 / 3.2) * 150);
});

test("what a hand did is saved when the view closes; then a new size draws nothing", () => {
  const model = new FakeModel(traits());
  const { canvas, a, slide, stop } = render(model);
  slide(a, 0.9);
  stop();
  assert.equal(model.saves, 1);
  const count = canvas.context.calls.length;
  FakeObserver.resize(canvas);
  assert.equal(canvas.context.calls.length, count);
});

test("Python makes it large and small again", () => {
  const model = new FakeModel(traits({ presenter: true }));
  const { el } = render(model);
  assert.ok(el.classes.has("vae-presenter"));
  model.set("presenter", false);
  page.frames.next();
  assert.ok(!el.classes.has("vae-presenter"));
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
