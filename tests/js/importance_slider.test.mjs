import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, FakeObserver, freshPages } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/importance_slider.js";
import { figuresOf, orderOf } from "../../vae_helpers/widgets/shared/weights.js";

const page = freshPages();
const [IMAGES, DRAWS, MOST] = [2, 400, 200];
const logs = Array.from({ length: 2 * IMAGES * DRAWS }, (_, i) => -90 + 2 * Math.sin(i * i) + (i >= IMAGES * DRAWS ? 5 : 0));
const traits = (more) => ({
  names: ["2-D", "20-D"],
  log_weights: bytesOf(logs),
  truth: [[-88.5, -89], []],
  images: new DataView(new Uint8Array(IMAGES * 784).fill(255).buffer),
  most: MOST,
  k: 100,
  image: 0,
  which: "2-D",
  order: 0,
  presenter: false,
  ...more,
});

function render(model) {
  const el = new FakeElement("div");
  const stop = w.default.render({ model, el });
  assert.equal(el.querySelector(".vae-error"), null);
  const [weights, path] = el.all(".vae-importance-picture");
  const button = (text) => el.all(".vae-button").find(({ textContent }) => textContent === text);
  const click = (one) => {
    one.handlers.click();
    page.frames.next();
  };
  const figures = () => el.querySelector(".vae-figures").textContent;
  return { el, stop, weights, path, fader: el.querySelector(".vae-fader"), button, click, figures };
}

const said = (canvas) => canvas.context.calls.filter(([name]) => name === "fillText").map(([, text]) => text);

test("the stops of the slider are even on a log scale, whole, and end at the largest k", () => {
  const stops = w.stopsOf(1000);
  assert.deepEqual([stops[0], stops[1], stops.at(-1)], [1, 2, 1000]);
  assert.ok(stops.every((stop, i) => i === 0 || stop > stops[i - 1]));
  const late = stops.filter((stop) => stop > 30);
  assert.ok(late.every((stop, i) => i === 0 || stop / late[i - 1] < 1.16));
  assert.deepEqual([w.stopsOf(1), w.stopsOf(2), w.stopsOf(7).at(-1)], [[1], [1, 2], 7]);
});

test("ticks are round numbers within the range", () => {
  assertClose(w.ticksOf(-97.3, -90.1), [-96, -94, -92]);
  assertClose(w.ticksOf(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assertClose(w.ticksOf(0, 0.2), [0, 0.05, 0.1, 0.15, 0.2]);
});

test("the axes hold the ELBO, the truth and all paths' later parts, whatever k is", () => {
  const paths = [Float64Array.of(-9, -3, -2), Float64Array.of(-4, -2.5, -2.2)];
  const some = Array.from({ length: 300 }, (_, i) => -9 + i / 50);
  const { low, high, bottom, top } = w.rangesOf(some, paths, -1);
  assertClose([low, high], [some[3], some[299]]);
  assert.ok(top > -1);
  assertClose([bottom], [-6.01 - 0.6 * 5.01]); // the paths' first parts may lie below
  const flat = w.rangesOf([1, 1], [Float64Array.of(1, 1)], null);
  assert.ok(flat.high > flat.low && flat.top > flat.bottom);
});

test("what is said in words", () => {
  const figures = { bound: -90.126, effective: 10.26, share: 0.384 };
  assert.equal(
    w.describe(figures, -95.5, 1000, null),
    "bound −90.13 nats, ELBO −95.50\neffective sample size 10.3 of 1,000; one draw has 38 % of the weight",
  );
  const words = w.describe({ ...figures, share: 0.0123 }, -95.5, 10, -89.5);
  assert.match(words, /, log p\(x\) −89\.50\n.* of 10; one draw has 1\.2 % of the weight$/);
});

test("the slider moves k, and figures, dot and bars follow", () => {
  const model = new FakeModel(traits());
  const { fader, figures, weights, path, el } = render(model);
  const before = figures();
  assert.match(before, /^bound −89\.\d\d nats, ELBO −\d\d\.\d\d, log p\(x\) −88\.50\neffective sample size \d\d\.\d of 100; one draw/);
  path.context.calls.length = weights.context.calls.length = 0;
  fader.value = "0";
  fader.handlers.input();
  page.frames.next();
  assert.equal(model.get("k"), 1);
  assert.match(figures(), /effective sample size 1\.0 of 1; one draw has 100 % of the weight$/);
  assert.equal(el.querySelector(".vae-importance-k").textContent, "1");
  assert.equal(fader.attributes["aria-valuetext"], "1 draw, effective sample size 1.0");
  const [, x, y] = path.context.calls.find(([name]) => name === "arc");
  assert.equal(x, 48); // the left end of the axis
  assert.ok(y > 30 && y < 264);
  assert.ok(said(weights).includes("one draw: 100 %"));
  assert.ok(weights.attributes["aria-label"].startsWith("Where the log weights of 1 draw lie"));
  assert.match(path.attributes["aria-label"], /^The bound for 1 to 200 draws\. bound −/);
});

/** Where the axis's numbers say that a value lies: `at` 2 for x, 3 for y, and how far from a number its mark is. */
function scaleOf(canvas, at, [one, other], shift) {
  const place = (words) => canvas.context.calls.find(([name, text]) => name === "fillText" && text === words)[at] - shift;
  const value = (words) => Number(words.replace("−", "-"));
  const slope = (place(other) - place(one)) / (value(other) - value(one));
  return (x) => place(one) + slope * (x - value(one));
}

/** Draw once more, and tell of each bar its colour, place and height; of each line its colour and its ends. */
function drawn(canvas) {
  const { context } = canvas;
  const [bars, lines] = [[], []];
  context.calls.length = 0;
  context.fillRect = (x, y, width, height) => bars.push({ color: context.fillStyle, x, y, height });
  context.stroke = () => {
    const start = context.calls.findLastIndex(([name]) => name === "beginPath");
    lines.push({ color: context.strokeStyle, points: context.calls.slice(start + 1).filter(([name]) => name.endsWith("To")) });
  };
  FakeObserver.resize(canvas);
  return { bars, lines };
}

test("bars: grey for the draws, blue for their weight, darker for the largest alone", () => {
  const { weights } = render(new FakeModel(traits({ k: 3 })));
  const { bars } = drawn(weights);
  const of = (color) => bars.filter((bar) => bar.color === color);
  const [grey, blue, [largest]] = ["#a9a9a9", "#3f90da", "#0b3d6b"].map(of);
  assert.deepEqual([grey.length, blue.length, of("#0b3d6b").length], [26, 26, 1]);
  const high = (all) => all.filter(({ height }) => height > 1e-9).map(({ height }) => height);
  const now = figuresOf(logs, orderOf(DRAWS, 0), 3);
  const full = 264 - 30; // the highest bar
  assertClose([Math.max(...high(blue)), largest.height], [full, full], 1e-3);
  assertClose(high(grey), [full / 3 / now.share, full / 3 / now.share, full / 3 / now.share], 1e-3);
  assert.ok(blue.some(({ x, height }) => x === largest.x && height === Math.max(...high(blue))));
  assert.ok(grey.every(({ x }, i) => x < blue[i].x));
});

test("lines stand where the numbers at the axes say", () => {
  const { weights, path } = render(new FakeModel(traits()));
  const { bound } = figuresOf(logs, orderOf(DRAWS, 0), 100);
  const elbo = logs.slice(0, DRAWS).reduce((sum, log) => sum + log, 0) / DRAWS;
  const x = scaleOf(weights, 2, ["−91.0", "−90.0"], 0);
  const named = (words) => weights.context.calls.find(([name, text]) => name === "fillText" && text === words)[2];
  assertClose([named("bound") - x(bound), named("ELBO") - x(elbo)], [4, -4], 0.01);
  const { lines } = drawn(path);
  const y = scaleOf(path, 3, ["−90.0", "−89.0"], 4);
  const level = (color) => lines.filter((line) => line.color === color).map(({ points: [[, , from], [, , to]] }) => [from, to]);
  assertClose([...level("#111").flat(), ...level("#a33e00").flat()], [y(elbo), y(elbo), y(-88.5), y(-88.5)], 0.01);
  const at = (words) => path.context.calls.find(([name, text]) => name === "fillText" && text === words)[2];
  assertClose([at("10") - at("1")], [at("100") - at("10")], 1e-6); // a log scale
});

test("a bound below the axes has no mark", () => {
  const low = traits({ k: 1, log_weights: bytesOf(logs.map((log, i) => (i === 0 ? -200 : log))) });
  const { weights, path } = render(new FakeModel(low));
  assert.ok(said(weights).includes("ELBO") && !said(weights).includes("bound"));
  assert.ok(!path.context.calls.some(([name]) => name === "arc"));
});

test("each image of each model has its own weights", () => {
  const some = Array.from(logs, (log, i) => log + Math.floor(i / DRAWS));
  const model = new FakeModel(traits({ log_weights: bytesOf(some), truth: [[], []] }));
  const { el, figures } = render(model);
  ["2-D", "20-D"].forEach((which, m) => {
    for (let image = 0; image < IMAGES; image++) {
      model.set("which", which);
      model.set("image", image);
      page.frames.next();
      const own = some.slice((m * IMAGES + image) * DRAWS, (m * IMAGES + image + 1) * DRAWS);
      const { bound } = figuresOf(own, orderOf(DRAWS, 0), 100);
      assert.ok(figures().startsWith(`bound −${Math.abs(bound).toFixed(2)} nats`), `${which} ${image}: ${figures()}`);
    }
  });
  assert.equal(el.querySelector(".vae-controls").attributes["aria-label"], "model");
});

test("a k from Python that is no stop shows at the nearest one", () => {
  const model = new FakeModel(traits());
  const { fader } = render(model);
  const stops = w.stopsOf(MOST);
  for (const [k, stop] of [[101, 100], [109, 112], [200, 200], [198, 200]]) {
    model.set("k", k);
    page.frames.next();
    assert.equal(stops[fader.value], stop);
  }
});

test("an image and a model are chosen; a model without a truth has no line for it", () => {
  const model = new FakeModel(traits());
  const { el, button, click, figures, path } = render(model);
  const first = figures();
  click(el.all(".vae-thumbnail")[1]);
  assert.equal(model.get("image"), 1);
  assert.match(figures(), /log p\(x\) −89\.00/);
  assert.notEqual(figures(), first);
  assert.ok(said(path).includes("log p(x)"));
  path.context.calls.length = 0;
  click(button("20-D"));
  assert.equal(model.get("which"), "20-D");
  assert.match(figures(), /^bound −8[345]\.\d\d nats, ELBO −8\d\.\d\d\n/); // 5 nats more
  assert.ok(!said(path).includes("log p(x)") && said(path).includes("ELBO"));
  assert.deepEqual(["2-D", "20-D"].map((name) => button(name).attributes["aria-pressed"]), ["false", "true"]);
  click(el.all(".vae-thumbnail")[0]);
  click(button("2-D"));
  assert.equal(figures(), first); // as it was
});

test("another order brings other draws, the fan stays", () => {
  const model = new FakeModel(traits());
  const { button, click, figures, path } = render(model);
  const first = figures();
  const traces = () => path.context.calls.filter(([name]) => name === "beginPath").length;
  const count = traces();
  path.context.calls.length = 0;
  for (const order of [1, 2]) {
    click(button("draw anew"));
    assert.equal(model.get("order"), order);
    assert.notEqual(figures(), first);
  }
  assert.ok(count > 23 && traces() === 2 * count);
  model.set("order", 1000); // beyond the fan
  page.frames.next();
  assert.notEqual(figures(), first);
  model.set("order", 0);
  page.frames.next();
  assert.equal(figures(), first);
});

test("the thick path ends in the dot, in every order", () => {
  const model = new FakeModel(traits({ k: 20 }));
  const { path } = render(model);
  for (const order of [0, 1, 7, 1000]) {
    path.context.calls.length = 0;
    model.set("order", order);
    FakeObserver.resize(path);
    const { calls } = path.context;
    const dot = calls.findIndex(([name]) => name === "arc");
    const end = calls.slice(0, dot).filter(([name]) => name === "lineTo").at(-1);
    assertClose(end.slice(1), calls[dot].slice(1, 3), 1e-6);
  }
});

test("with one model there are no names to choose from; one draw of one image is enough", () => {
  const one = { names: [""], log_weights: bytesOf([-90]), truth: [[]], most: 1, k: 1, which: "" };
  const { el, figures } = render(new FakeModel(traits({ ...one, images: new DataView(new ArrayBuffer(784)) })));
  assert.deepEqual(el.all(".vae-button").map(({ textContent }) => textContent), ["draw anew", "full screen"]);
  assert.match(figures(), /^bound −90\.00 nats, ELBO −90\.00\n/);
});

test("a new size draws again; a view that is gone leaves nothing, and what a hand did is saved", () => {
  const model = new FakeModel(traits());
  const { path, stop, fader } = render(model);
  const count = path.context.calls.length;
  FakeObserver.resize(path);
  assert.equal(path.context.calls.length, 2 * count);
  fader.value = "3";
  fader.handlers.input();
  stop();
  assert.equal(model.saves, 1);
  assert.deepEqual([model.listeners, document.handlers, window.handlers], [[], {}, {}]);
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
