import assert from "node:assert/strict";
import { test } from "node:test";

import { assertClose, bytesOf } from "../fakes.mjs";
import { makeLayered } from "../../../vae_helpers/widgets/shared/layered.js";

/** mu = (z2's first, 0.5), logvar = (log 4, z2's second); each pixel's logit is the sum of z1. */
const networks = () => ({
  prior: {
    layers: [{ type: "linear", inputs: 2, outputs: 4 }],
    weights: bytesOf([1, 0, 0, 0, 0, 0, 0, 1, 0, 0.5, Math.log(4), 0]),
    half: false,
  },
  decoder: {
    layers: [{ type: "linear", inputs: 2, outputs: 784 }],
    weights: bytesOf([...Array(2 * 784).fill(1), ...Array(784).fill(0)]),
    half: false,
  },
});

test("z1 is mu + sigma eps1, of what z2 says", () => {
  const { z1, ink } = makeLayered(networks())([0.25, Math.log(9)], [1, -0.1]);
  assertClose(z1, [0.25 + 2, 0.5 - 0.3], 1e-6);
  assert.equal(ink.length, 784);
  assertClose([ink[0], ink[783]], Array(2).fill(1 / (1 + Math.exp(-2.45))), 1e-6);
});

test("weights that do not fit are an error", () => {
  const broken = { ...networks(), decoder: { ...networks().decoder, weights: bytesOf([1]) } };
  assert.throws(() => makeLayered(broken), /1 weights came, the layers hold 2352/);
});
