import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { assertClose, FakeElement, fakePage } from "../fakes.mjs";
import { paintLens } from "../../../vae_helpers/widgets/shared/lens.js";

const SIZE = 400; // of the map: 50 pixels to a unit of z

beforeEach(fakePage);

/** What a lens shows of a Gaussian: where its middle is, how large a unit of z, which points, and what is written below. */
function shown(mu, sigma, points = []) {
  const context = new FakeElement("canvas").getContext();
  const map = { points, labels: points.slice(points.length / 2), colors: [], limit: 4 };
  let seen = null;
  paintLens(context, map, { mu, sigma }, SIZE, 1, (place, scale) => (seen = { middle: place(mu), next: place([mu[0] + 0.1, mu[1] + 0.1]), scale }));
  const calls = (name) => context.calls.filter((call) => call[0] === name).map((call) => call.slice(1));
  return { ...seen, discs: calls("arc").slice(1), text: calls("fillText")[0][0] };
}

test("a small cloud is five times as large, a larger one twice", () => {
  const small = shown([0, 0], [0.05, 0.02]);
  assert.deepEqual([small.scale, small.text], [250, "× 5"]);
  assertClose(small.next, [small.middle[0] + 25, small.middle[1] - 25]); // y goes up
  assert.deepEqual([shown([0, 0], [0.05, 0.3]).scale, shown([0, 0], [9, 9]).text], [100, "× 2"]);
});

test("it is in the upper right corner, or in the lower one if the mean is there", () => {
  assertClose(shown([0, 0], [0.1, 0.1]).middle, [350, 50]);
  assertClose(shown([3, 3], [0.1, 0.1]).middle, [350, 334]);
});

test("only the points around the mean are in it", () => {
  assert.equal(shown([1, 1], [0.05, 0.05], [1.05, 1, -2, 2]).discs.length, 1);
});
