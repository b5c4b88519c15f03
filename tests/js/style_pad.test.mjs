import assert from "node:assert/strict";
import { mock, test } from "node:test";

import {
  assertCleanFailure, assertClose, bytesOf, decoderTraits, FakeElement, FakeModel, FakeObserver, freshPages,
} from "./fakes.mjs";
import { toPixel } from "../../vae_helpers/widgets/shared/canvas.js";
import * as w from "../../vae_helpers/widgets/style_pad.js";

const page = freshPages();

test("the decoder takes z and a one for the label", () => {
  assert.deepEqual(w.withLabel([0.5, -2], 3), [0.5, -2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(w.withLabel([0, 0], 9).slice(-2), [0, 1]);
});

test("the dots of one label alone", () => {
  const map = { points: Float32Array.of(1, 2, 3, 4, 5, 6), labels: [3, 7, 3], limit: 4 };
  assert.deepEqual(w.onlyOf(map, 3), { points: [1, 2, 5, 6], labels: [3, 3], limit: 4 });
  assert.deepEqual(w.onlyOf(map, 0), { points: [], labels: [], limit: 4 });
});

test("what is shown, in words", () => {
  const prior = "z = (0.52, -1.30)\n|z| = 1.40\n62 % of the prior lies nearer to the origin";
  assert.equal(w.describePlace({ labels: [] }, [0.52, -1.3], 3), `label c = 3\n${prior}`);
  assert.equal(w.describePlace({ labels: [3, 7, 3] }, [0.52, -1.3], 3), `label c = 3\n${prior}\ndots: μ(x, c) of 2 images`);
  assert.match(w.describePlace({ labels: [3, 7, 3] }, [0, 0], 0), /of 0 images$/);
});

/** A decoder whose pixels are all sigmoid(z1 + label / 10), a 3 at (1, 1) and a 7 at (-2, 0). */
function traits() {
  const { layers } = decoderTraits(12);
  const rows = [1, 0, ...Array.from({ length: 10 }, (_, label) => label / 10)];
  const weights = bytesOf([...rows.flatMap((value) => Array(784).fill(value)), ...Array(784).fill(0)]);
  const map = { points: bytesOf([1, 1, -2, 0]), point_labels: [3, 7], colors: Array(10).fill("red"), limit: 4 };
  return { layers, weights, latent_dim: 12, ...map, z1: 2, z2: -1, label: 3, presenter: false };
}

function render(model) {
  const el = new FakeElement("div");
  const stop = w.default.render({ model, el });
  const canvas = el.querySelector(".vae-pad-map");
  FakeObserver.resize(canvas); // it has its first size
  const press = (key, more = {}) => el.handlers.keydown({ key, preventDefault: () => {}, ...more });
  const large = () => el.querySelector("figcaption").textContent;
  const ink = (place) => 1 - place.context.calls.filter(([name]) => name === "putImageData").at(-1)[1].data[0] / 255;
  const digits = () => el.all("canvas").slice(1).map(ink); // the large one, then the row
  return { el, stop, canvas, press, large, digits };
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

test("the large digit is that of z and the label, and the row has the same z with all ten labels", () => {
  const { digits, large, el } = render(new FakeModel(traits()));
  assertClose(digits(), [3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((label) => sigmoid(2 + label / 10)), 1 / 255);
  assert.match(large(), /^label c = 3\nz = \(2\.00, -1\.00\)/);
  const captions = el.all(".vae-style-cell").map((cell) => cell.all("figcaption")[0].textContent);
  assert.deepEqual(captions, Array.from({ length: 10 }, (_, label) => `c = ${label}`));
});

test("buttons, keys and a click on a digit choose the label, at once for the kernel too", () => {
  const model = new FakeModel(traits());
  const { el, press, large, digits } = render(model);
  const pressed = () => el.all(".vae-button").filter(({ attributes }) => attributes["aria-pressed"] === "true");
  const chosen = () => [model.get("label"), ...pressed().map(({ textContent }) => Number(textContent))];
  const ways = [
    [5, () => el.all(".vae-button")[5].handlers.click()],
    [0, () => press("0")],
    [8, () => el.all(".vae-style-cell")[8].handlers.click()],
  ];
  ways.forEach(([label, way], k) => {
    way();
    assert.equal(model.saves, k + 1);
    page.frames.next();
    assert.deepEqual(chosen(), [label, label]);
    assert.deepEqual(el.all(".vae-style-cell").map(({ classes }) => classes.has("vae-chosen")).indexOf(true), label);
    assert.ok(large().startsWith(`label c = ${label}\n`));
    assertClose([digits()[0]], [sigmoid(2 + label / 10)], 1 / 255);
  });
});

test("keys of the page and the browser are left alone", () => {
  const model = new FakeModel(traits());
  const { press } = render(model);
  const held = ["ctrlKey", "altKey", "metaKey"].map((name) => ["5", { [name]: true }]);
  for (const [key, more] of [...held, ["b"], ["F5"], ["55"]]) {
    press(key, { preventDefault: () => assert.fail(key), ...more });
  }
  assert.deepEqual([model.get("label"), model.saves], [3, 0]);
});

test("the map has one, two and three sigma and the label's own dots, painted anew for another label only", () => {
  const model = new FakeModel(traits());
  const { canvas } = render(model);
  const backgrounds = () => canvas.context.calls.filter(([name]) => name === "drawImage").map(([, picture]) => picture);
  const arcs = () => backgrounds().at(-1).context.calls.filter(([name]) => name === "arc").map(([, x, y, r]) => [x, y, r]);
  const circles = [1, 2, 3].map((sigma) => [150, 150, (sigma * 300) / 8]);
  assert.deepEqual(arcs(), [[...toPixel(1, 1, 300, 4), 2], ...circles]);
  model.set("z1", 0);
  page.frames.next();
  assert.equal(backgrounds().at(-1), backgrounds().at(-2));
  model.set("label", 7);
  page.frames.next();
  assert.deepEqual(arcs(), [[...toPixel(-2, 0, 300, 4), 2], ...circles]);
  model.set("label", 0);
  page.frames.next();
  assert.deepEqual(arcs(), circles);
});

test("z drawn again is normal, on the map, and the label stays", () => {
  const model = new FakeModel({ ...traits(), limit: 1 });
  const { el } = render(model);
  const again = el.all(".vae-button").find(({ textContent }) => textContent === "draw z again");
  const drawn = Array.from({ length: 400 }, () => {
    again.handlers.click();
    return [model.get("z1"), model.get("z2")];
  });
  const share = (holds) => drawn.flat().filter(holds).length / 800;
  assert.ok(drawn.flat().every((value) => Math.abs(value) <= 1));
  assert.ok(Math.abs(share((value) => value < 0) - 0.5) < 0.1); // five standard deviations
  assert.ok(Math.abs(share((value) => Math.abs(value) === 1) - 0.317) < 0.1); // beyond one sigma: at the edge of this map
  mock.timers.tick(120);
  assert.deepEqual([model.get("label"), model.saves], [3, 1]);
});

test("many changes are one picture, on the next frame", () => {
  const model = new FakeModel(traits());
  const { large, press } = render(model);
  const before = page.frames.asked;
  model.set("z1", 0);
  model.set("z2", 0);
  press("9");
  assert.match(large(), /^label c = 3\nz = \(2\.00/);
  page.frames.next();
  assert.equal(page.frames.asked - before, 1);
  assert.match(large(), /^label c = 9\nz = \(0\.00, 0\.00\)/);
});

test("a decoder that only the kernel has is asked for ten digits", () => {
  const model = new FakeModel({ ...traits(), layers: [], weights: bytesOf([]) });
  const { el, large } = render(model);
  const wanted = Array.from({ length: 10 }, (_, label) => [w.withLabel([2, -1], label)]);
  assert.deepEqual(model.sent.map(({ latents }) => latents), wanted);
  assert.equal(large(), undefined);
  model.receive({ kind: "decoded", id: model.sent[3].id }, [bytesOf(Array(784).fill(1))]);
  page.frames.next();
  assert.match(large(), /^label c = 3/);
  assert.equal(el.querySelector(".vae-error"), null);
});

test("a view that is gone leaves nothing that listens, and presenter size may come and go", () => {
  const model = new FakeModel(traits());
  const { el, stop } = render(model);
  for (const presenter of [true, false]) {
    model.set("presenter", presenter);
    page.frames.next();
    assert.equal(el.classes.has("vae-presenter"), presenter);
  }
  stop();
  assert.deepEqual([model.listeners, document.handlers, window.handlers, el.handlers], [[], {}, {}, {}]);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
