import assert from "node:assert/strict";
import test from "node:test";

import { assertClose, fakeContext, FakeElement, fakePage } from "../fakes.mjs";
import { disc, drawCross, fitCanvas, fromPixel, strokeLine, strokeRimmed, toPixel, write } from "../../../vae_helpers/widgets/shared/canvas.js";

test("places on the map", () => {
  const zs = [[0, 0], [1, -2], [4, 4], [-4, 3.25]];
  assert.deepEqual(zs.map((z) => toPixel(...z, 400, 4)), [[200, 200], [250, 300], [400, 0], [0, 37.5]]);
});

test("a dot has its colour, place and radius", () => {
  const paper = fakeContext();
  disc(paper, [3, 4], 5, "teal");
  assert.equal(paper.fillStyle, "teal");
  assert.deepEqual(paper.calls, [["beginPath"], ["arc", 3, 4, 5, 0, 2 * Math.PI], ["fill"]]);
});

test("a canvas has the screen's pixels, and units in which its text has the height asked for", () => {
  fakePage();
  const canvas = Object.assign(new FakeElement("canvas"), { clientWidth: 200, clientHeight: 100 });
  globalThis.devicePixelRatio = 2;
  globalThis.getComputedStyle = () => ({ fontSize: "20px" });
  const size = fitCanvas(canvas, 10);
  assert.deepEqual([canvas.width, canvas.height], [400, 200]);
  assert.deepEqual(size, { width: 100, height: 50 }); // a unit is 20 / 10 CSS pixels: text of 10 units is 20 px
  assert.deepEqual(canvas.context.calls, [["setTransform", 4, 0, 0, 4, 0, 0]]);
  canvas.clientWidth = 0;
  assert.equal(fitCanvas(canvas, 10), null);
});

test("back from a place on a canvas", () => {
  for (const z of [[0, 0], [1, -2], [4, 4], [-4, 3.25]]) assertClose(fromPixel(...toPixel(...z, 400, 4), 400, 4), z);
});

test("a line from one place to another", () => {
  const context = fakeContext();
  strokeLine(context, [1, 2], [3, 4]);
  assert.deepEqual(context.calls, [["beginPath"], ["moveTo", 1, 2], ["lineTo", 3, 4], ["stroke"]]);
});

/** A context that notes the style of each stroke and of each text. */
function stylesOf(draw) {
  const seen = [];
  const note = (kind) => () => seen.push([kind, context.strokeStyle, context.lineWidth, context.dash]);
  const ignored = { save() {}, restore() {}, beginPath() {}, arc() {}, moveTo() {}, lineTo() {} };
  const own = { stroke: note("stroke"), strokeText: note("strokeText"), fillText: () => seen.push(["fillText", context.fillStyle]) };
  const context = { dash: [], setLineDash: (dash) => (context.dash = dash), ...ignored, ...own };
  draw(context);
  assert.deepEqual(context.dash, []);
  return seen;
}

test("a rim is wider, lies below and is never dashed", () => {
  const plain = stylesOf((context) => strokeRimmed(context, { width: 2, rim: 5 }));
  assert.deepEqual(plain, [["stroke", "#fff", 5, []], ["stroke", "#111", 2, []]]);
  const style = { width: 1, rim: 3, color: "teal", rimColor: "pink", dash: [1, 2] };
  const dashed = stylesOf((context) => strokeRimmed(context, style));
  assert.deepEqual(dashed, [["stroke", "pink", 3, []], ["stroke", "teal", 1, [1, 2]]]);
});

test("text over its rim, in the style asked for", () => {
  const seen = stylesOf((context) => write(context, "7", [1, 2], { rim: 8, fillStyle: "teal" }));
  assert.deepEqual(seen, [["strokeText", "#fff", 8, []], ["fillText", "teal"]]);
});

test("text leaves the context's style as it was", () => {
  const context = fakeContext();
  write(context, "7", [1, 2], { rim: 8 });
  const wanted = [["save"], ["strokeText", "7", 1, 2], ["fillText", "7", 1, 2], ["restore"]];
  assert.deepEqual(context.calls, wanted);
});

test("a cross has four arms, and a ring where its middle must be seen", () => {
  const arms = (options) => {
    const context = fakeContext();
    drawCross(context, [10, 20], { width: 1, rim: 2, ...options });
    const points = context.calls.filter(([name]) => name === "moveTo" || name === "lineTo").map(([, x, y]) => [x, y]);
    return [points, context.calls.filter(([name]) => name === "arc").map(([, ...values]) => values.slice(0, 3))];
  };
  const center = [10, 20];
  assert.deepEqual(arms({ to: 5 }), [[center, [15, 20], center, [5, 20], center, [10, 25], center, [10, 15]], []]);
  const open = [[12, 20], [15, 20], [8, 20], [5, 20], [10, 22], [10, 25], [10, 18], [10, 15]];
  assert.deepEqual(arms({ from: 2, to: 5 }), [open, [[10, 20, 2]]]);
});
