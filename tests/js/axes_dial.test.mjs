import assert from "node:assert/strict";
import { mock, test } from "node:test";

import {
  assertCleanFailure, assertClose, bytesOf, FakeElement, FakeModel, FakeObserver, freshPages,
} from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/axes_dial.js";

const page = freshPages();

const half = Math.SQRT1_2;

test("the axes are turned, and turned back", () => {
  assertClose(w.turned(1, 0, 30), [Math.sqrt(3) / 2, 0.5]);
  assertClose(w.turned(1, 0, 90), [0, 1]);
  assertClose(w.toSliders([1, 7, 2], [0, 2], 45), [-half, 7, 3 * half]);
  assertClose(w.toSliders([1, 7, 2], [2, 0], 45), [3 * half, 7, half]);
  for (const degrees of [0, 22.5, 90]) {
    assertClose(w.toLatents(w.toSliders([0.3, -2, 1], [2, 0], degrees), [2, 0], degrees), [0.3, -2, 1]);
  }
});

test("at 45 degrees one slider moves both latents", () => {
  assertClose(w.toLatents([2, 0, 0], [0, 1], 0), [2, 0, 0]);
  assertClose(w.toLatents([2, 0, 0], [0, 1], 45), [2 * half, -2 * half, 0]);
});

/** Four places in the corners of a square, twice each; three latents, of which the second has no slider. */
function traits(more = {}) {
  const [x, y, kind] = [[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 0, 0, 1, 1], [0, 1, 0, 1, 0, 1, 0, 1]];
  const levels = [...x, ...y].map((value) => 65535 * value);
  return {
    // every pixel: sigmoid(z1 + 2 z2 + 4 z3); 1, 2 and 4 in half precision
    layers: [{ type: "linear", inputs: 3, outputs: 784 }],
    half: true,
    weights: new DataView(Uint16Array.from([0x3c00, 0x4000, 0x4400, 0].flatMap((bits) => Array(784).fill(bits))).buffer),
    dims: [0, 2],
    names: ["x", "y", "kind"],
    codes: new DataView(Uint16Array.from(levels).buffer),
    ranges: [[-1, 1], [-1, 1]],
    places: bytesOf([-1, -1, 1, 1, -1, 1, -1, 1]),
    shape: [2, 2],
    factors: new DataView(Uint8Array.from([...x, ...y, ...kind]).buffer),
    rest: [[0, 0, Math.log(2) / 4]],
    bins: 20,
    limit: 3,
    step: 0.05,
    z: [0.5, 0, -1],
    degrees: 0,
    plane: [0, 2],
    ...more,
  };
}

test("what Python sent, as numbers", () => {
  const { draws, places, factors } = w.readCodes(new FakeModel(traits({ ranges: [[-1, 1], [0, 4]] })));
  assertClose(draws[0], [-1, -1, -1, -1, 1, 1, 1, 1]);
  assertClose(draws[1], [0, 0, 4, 4, 0, 0, 4, 4]);
  assertClose(places[1], [-1, 1, -1, 1]);
  assert.deepEqual(factors.map(({ values }) => values[4]), [1, 0, 0]);
});

test("turning the two latents of x and y lets their gaps fall, and of another latent's factor not", () => {
  const codes = w.readCodes(new FakeModel(traits()));
  const measure = w.makeMeter(codes, [[0, 0, Math.log(2) / 4]], 20);
  const gaps = (degrees) => measure(0, 1, degrees).map(({ gap }) => gap);
  assertClose(gaps(0), [1, 1, 0.25]);
  assertClose(gaps(90), [1, 1, 0.25]);
  assertClose(gaps(30), [0, 0, 0.25]); // each of the two tells the four places apart
  assert.deepEqual(measure(0, 1, 90).map(({ best }) => best), [1, 0, 2]); // the axes have changed places
});

function render(model) {
  const el = new FakeElement("div");
  const stop = w.default.render({ model, el });
  assert.equal(el.querySelector(".vae-error"), null, el.text);
  const canvas = el.querySelector(".vae-axes-plane");
  FakeObserver.resize(canvas);
  const [dial, ...sliders] = el.all(".vae-fader");
  const move = (fader, value) => {
    fader.value = `${value}`;
    fader.handlers.input({});
    page.frames.next();
  };
  const press = (text) => {
    el.all(".vae-button").find(({ textContent }) => textContent === text).handlers.click();
    page.frames.next();
  };
  const values = () => sliders.map(({ value }) => value);
  const put = () => el.all("canvas")[1].context.calls.filter(([name]) => name === "putImageData").at(-1)[1];
  const ink = () => 1 - put().data[0] / 255;
  return { el, stop, canvas, dial, sliders, move, press, values, ink };
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

test("the dial changes what the sliders say and the MIG, and leaves the image alone", () => {
  const model = new FakeModel(traits());
  const { el, dial, sliders, move, values, ink } = render(model);
  const bars = () => el.querySelector(".vae-axes-bars").attributes["aria-label"];
  assert.equal(el.querySelector(".vae-axes-mig").text, "MIG 0.75\nmean of the gaps below; 0.75 at 0°");
  assert.equal(bars(), "gaps: x 1.00 z1′, y 1.00 z3′, kind 0.25");
  assertClose(values(), [0.5, -1]);
  const before = ink();
  assertClose([before], [sigmoid(0.5 - 4)], 1 / 255);
  move(dial, 30);
  assert.deepEqual([model.get("degrees"), model.get("z")], [30, [0.5, 0, -1]]);
  assert.equal(el.querySelector(".vae-axes-mig").text, "MIG 0.08\nmean of the gaps below; 0.75 at 0°");
  assert.match(bars(), /^gaps: x 0\.00 z\d′, y 0\.00 z\d′, kind 0\.25$/);
  const [cos, sin] = [Math.sqrt(3) / 2, 0.5];
  assertClose(values(), [0.5 * cos + sin, 0.5 * sin - cos]);
  assert.equal(ink(), before);
  assert.equal(dial.attributes["aria-valuetext"], "30 degrees, MIG 0.08");
  assert.deepEqual([dial, ...sliders].map((one) => one.attributes["aria-label"]), ["turn the axes", "z1′", "z3′"]);
});

test("a slider moves z along its own axis", () => {
  const model = new FakeModel(traits({ z: [0, 0, 0], degrees: 45 }));
  const { sliders, move, values, ink } = render(model);
  move(sliders[0], 1);
  assertClose(model.get("z"), [half, 0, -half]);
  assertClose(values(), [1, 0]);
  assertClose([ink()], [sigmoid(half - 4 * half)], 1 / 255);
  assert.equal(model.saves, 0);
  mock.timers.tick(120);
  assert.equal(model.saves, 1);
});

test("a pointer in the plane moves both of its latents, along the turned axes, and not beyond the sliders", () => {
  const model = new FakeModel(traits({ degrees: 90 }));
  const { canvas, values } = render(model);
  const { pointerdown, pointermove, lostpointercapture } = canvas.handlers;
  pointermove({ pointerId: 7, clientX: 200, clientY: 150 });
  assert.deepEqual(model.get("z"), [0.5, 0, -1]);
  pointerdown({ button: 0, pointerId: 7, clientX: 200, clientY: 150 }); // at (1, 0), of -3 to 3 on 300 pixels
  page.frames.next();
  assertClose(values(), [1, 0]);
  assertClose(model.get("z"), [0, 0, -1]);
  pointermove({ pointerId: 7, clientX: 999, clientY: 100 });
  page.frames.next();
  assertClose(values(), [3, 1]);
  lostpointercapture({ pointerId: 7 });
  pointermove({ pointerId: 7, clientX: 0, clientY: 0 });
  assertClose(values(), [3, 1]);
});

test("straighten, and to the origin", () => {
  const model = new FakeModel(traits({ degrees: 30 }));
  const { el, press, values } = render(model);
  press("straighten");
  assert.equal(model.get("degrees"), 0);
  assertClose(values(), [0.5, -1]);
  assert.match(el.text, /0°/);
  press("to the origin");
  assert.deepEqual(model.get("z"), [0, 0, 0]);
});

test("which latents are turned: the same one twice swaps the two", () => {
  const model = new FakeModel(traits());
  const { el } = render(model);
  const [first, second] = el.all("select");
  assert.deepEqual([first.value, second.value], ["0", "2"]);
  assert.deepEqual(first.children.map(({ textContent }) => textContent), ["z1", "z3"]);
  first.value = "2";
  first.handlers.change();
  page.frames.next();
  assert.deepEqual([model.get("plane"), first.value, second.value], [[2, 0], "2", "0"]);
});

test("the grid turns with the dial, and a place without images leaves a hole", () => {
  const model = new FakeModel(traits());
  const { canvas, move, dial } = render(model);
  const dots = () => canvas.context.calls.filter(([name]) => name === "arc").map(([, x, y]) => [x, y]);
  assertClose(dots()[0], [100, 200]); // x = y = 0 at (-1, -1), of -3 to 3 on 300 pixels
  canvas.context.calls.length = 0;
  move(dial, 90);
  assertClose(dots()[0], [200, 200]); // (1, -1)
  assert.match(canvas.attributes["aria-label"], /^plane of z1′ and z3′: mean codes of 2 × 2 places, turned by 90 degrees$/);
  const strokes = (places) => {
    const { canvas: other } = render(new FakeModel(traits({ places: bytesOf(places) })));
    other.context.calls.length = 0;
    FakeObserver.resize(other);
    return other.context.calls.filter(([name]) => name === "lineTo").length;
  };
  const whole = strokes([-1, -1, 1, 1, -1, 1, -1, 1]);
  assert.equal(strokes([-1, -1, 1, NaN, -1, 1, -1, NaN]), whole - 2);
});

test("many changes are one picture, on the next frame", () => {
  const model = new FakeModel(traits());
  const { values } = render(model);
  const before = page.frames.asked;
  model.set("degrees", 90);
  model.set("z", [1, 0, 0]);
  page.frames.next();
  assert.equal(page.frames.asked - before, 1);
  assertClose(values(), [0, 1]);
});

test("a view that is gone leaves nothing that listens", () => {
  const model = new FakeModel(traits());
  const { stop } = render(model);
  stop();
  assert.deepEqual([model.listeners, document.handlers, window.handlers], [[], {}, {}]);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
