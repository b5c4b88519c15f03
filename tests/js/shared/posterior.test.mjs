import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { assertClose, FakeElement, fakePage } from "../fakes.mjs";
import { toPixel } from "../../../vae_helpers/widgets/shared/canvas.js";
import { paintPosterior } from "../../../vae_helpers/widgets/shared/posterior.js";

const MAP = { points: [], labels: [], colors: [], limit: 4 };
const place = (x, y) => toPixel(x, y, 400, 4);

beforeEach(fakePage);

function painted(q, z) {
  const canvas = Object.assign(new FakeElement("canvas"), { width: 400 });
  paintPosterior(q, z, MAP, canvas.getContext(), place, 1);
  return (name) => canvas.context.calls.filter((call) => call[0] === name).map((call) => call.slice(1));
}

test("one and two sigma around mu, and arms that end outside of them", () => {
  const calls = painted({ mu: [1, -1], sigma: [0.2, 0.1] }, null);
  const [two, one] = calls("ellipse");
  assertClose(two.slice(0, 4), [...place(1, -1), 20, 10]);
  assertClose(one.slice(0, 4), [...place(1, -1), 10, 5]);
  assertClose(calls("moveTo")[0], [250 + 23, 250]);
  assert.deepEqual(calls("fillText"), [["× 2", 350, 102]]); // the lens
});

test("a z that a hand has moved is a cross of its own", () => {
  const rings = (z) => painted({ mu: [1, -1], sigma: [0.2, 0.1] }, z)("arc").map((call) => call.slice(0, 2));
  assert.equal(rings(null).length, 1); // the lens
  assert.deepEqual(rings([-2, 0]).at(-1), place(-2, 0));
  assert.deepEqual(painted(null, [0, 0])("ellipse"), []);
});

test("beyond the edge there is an arrow that points there and a word beside it, and no ellipse", () => {
  for (const mu of [[5, 0], [-6, 3], [0, -8], [2, -7]]) {
    const calls = painted({ mu, sigma: [0.2, 0.1] }, null);
    assert.deepEqual([calls("ellipse"), calls("fillText").map(([text]) => text)], [[], ["μ lies beyond the edge"]]);
    const [tail, tip] = [calls("moveTo")[0], calls("lineTo")[0]];
    const largest = Math.max(...mu.map(Math.abs));
    for (const [at, part] of [[tail, 0.8], [tip, 0.98]]) assertClose(at, place(...mu.map((value) => (4 * part * value) / largest)));
    for (const end of calls("lineTo").slice(1)) assert.ok(Math.hypot(end[0] - 200, end[1] - 200) < Math.hypot(tip[0] - 200, tip[1] - 200));
    const [, x, y] = calls("fillText")[0];
    assert.ok(Math.abs(tail[0] - x) > 70 || Math.abs(tail[1] - y) > 15); // the arrow does not lie on the word
  }
});
