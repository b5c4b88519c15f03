import assert from "node:assert/strict";
import { test } from "node:test";

import { assertClose, FakeElement, freshPages } from "../fakes.mjs";
import { onPaper } from "../../../vae_helpers/widgets/shared/pen_paths.js";
import * as w from "../../../vae_helpers/widgets/shared/pen_paper.js";

freshPages();

const written = [[0, 0], [0.5, 1], [1, 0]].map((point) => ({ point, mean: [point[0], 0.5], sigma: [0.1, 0.05] }));

function paper(size = 300) {
  const sheet = w.addSheet(new FakeElement("div"), "sheet");
  Object.assign(sheet.canvas, { clientWidth: size, clientHeight: size });
  const called = (name) => sheet.canvas.context.calls.filter((call) => call[0] === name).map((call) => call.slice(1));
  const after = (f) => {
    sheet.canvas.getContext().calls.length = 0;
    f();
  };
  return { ...sheet, called, after };
}

test("nothing is drawn before there is a size and a stroke", () => {
  const { canvas, show, fit, called } = paper();
  show({ written, expected: null });
  assert.equal(canvas.context, undefined);
  fit();
  assert.equal(called("fillRect").length, 1);
});

test("an ellipse reaches two sigmas around each mean, the line goes through the points", () => {
  const { show, fit, called, after } = paper();
  fit();
  after(() => show({ written, expected: null }));
  const ellipses = called("ellipse");
  assert.equal(ellipses.length, 3);
  const [x, y] = onPaper([0.5, 0.5], 300);
  assertClose(ellipses[1].slice(0, 4), [x, y, (0.2 * 300) / 1.28, (0.1 * 300) / 1.28], 1e-9);
  assertClose(called("lineTo").at(-1), onPaper([1, 0], 300));
  assert.equal(called("arc").length, 3 + 3); // a dot a point, a thick one at the first, and the pen with its rim
});

test("while the pen is on its way, no more is told than the decoder has said: the next point", () => {
  const { show, fit, penTo, called, after } = paper();
  show({ written, expected: null });
  fit();
  after(() => penTo(0.5));
  assert.deepEqual([called("ellipse").length, called("lineTo").length, called("arc").length], [2, 5, 4]);
  after(() => penTo(null));
  assert.deepEqual([called("ellipse").length, called("lineTo").length], [3, 20]);
});

test("what is read lies below what is expected, which is made of means", () => {
  const { show, fit, called, after } = paper();
  fit();
  after(() => show({ written, expected: written }));
  assert.equal(called("lineTo").length, 40);
  assertClose(called("lineTo")[19], onPaper([1, 0], 300));
  assertClose(called("lineTo")[39], onPaper([1, 0.5], 300));
});

test("a small one has the line, and a dot where the pen began", () => {
  const { show, fit, called, after } = paper(90);
  fit();
  after(() => show({ written, expected: null }));
  assert.deepEqual([called("ellipse").length, called("arc").length], [0, 1]);
  assertClose(called("arc")[0].slice(0, 2), onPaper([0, 0], 90));
});
