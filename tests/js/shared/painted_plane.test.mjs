import assert from "node:assert/strict";
import { test } from "node:test";

import { assertClose, FakeElement, freshPages } from "../fakes.mjs";
import { addPaintedPlane, cellsOf, colorOf } from "../../../vae_helpers/widgets/shared/painted_plane.js";

freshPages();

test("the cells of the heat map begin at the top left", () => {
  const cells = cellsOf(4);
  assert.equal(cells.length, 2 * 48 ** 2);
  assertClose(cells.subarray(0, 2), [-4 + 4 / 48, 4 - 4 / 48], 1e-6);
  assertClose(cells.subarray(-2), [4 - 4 / 48, -4 + 4 / 48], 1e-6);
});

test("white where the discriminator can't tell, orange for codes, blue for the prior", () => {
  assert.deepEqual(colorOf(0.5), [255, 255, 255]);
  const [codes, prior] = [colorOf(0), colorOf(1)];
  assert.ok(codes[0] > codes[2] && prior[2] > prior[0]);
});

test("the paint is drawn anew for other points and for another size, and else not", () => {
  let made = null;
  const Offscreen = globalThis.OffscreenCanvas;
  globalThis.OffscreenCanvas = class extends Offscreen {
    constructor(width, height) {
      super(width, height);
      if (width === 1) made = this; // the other one is the heat map
    }
  };
  const traits = { labels: [], colors: [], limit: 4, spread: 0.12 };
  const { canvas, draw } = addPaintedPlane(new FakeElement("div"), traits, {});
  const dabs = () => made.getContext("2d").calls.filter(([name]) => name === "arc").length;
  const show = (points) => draw({ points, codes: new Float32Array(0), belief: null, cross: [0, 0] });
  const points = Float32Array.of(1, 1, 2, 2);
  show(points);
  show(points);
  assert.equal(dabs(), 2);
  show(Float32Array.of(1, 1));
  assert.equal(dabs(), 3);
  canvas.clientWidth = canvas.clientHeight = 400;
  show(points);
  assert.equal(dabs(), 5);
  assert.equal(made.width, 400);
});
