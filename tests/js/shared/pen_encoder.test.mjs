import assert from "node:assert/strict";
import { test } from "node:test";

import { assertClose } from "../fakes.mjs";
import { makePenEncoder } from "../../../vae_helpers/widgets/shared/pen_encoder.js";

const SIZES = { embedding: 1, gru: { inputs: 1, size: 1 }, outputs: 2 };
const EMBEDDING = [2, 0, 0.5]; // 2 x + 0.5
const GRU = [0, 0, 1, 0, -40, 0, 0, 0, 1, 0, 0, 0]; // nothing of the old state is kept: tanh(e + h / 2), as r is 1 / 2
const HEAD = [3, 0, 1, Math.log(4)]; // mu 3 h + 1, sigma 2

const encoder = (weights) => makePenEncoder(SIZES, Float32Array.from(weights));

test("a stroke of two points, by hand: each goes through the embedding, and the last state answers", () => {
  const { mu, sigma, kl } = encoder([...EMBEDDING, ...GRU, ...HEAD])([0.25, 9, -0.5, 9]);
  const h = Math.tanh(-0.5 + 0.5 * Math.tanh(1));
  assertClose(mu, [3 * h + 1], 1e-5);
  assertClose(sigma, [2], 1e-5);
  assertClose([kl], [(mu[0] ** 2 + 4 - Math.log(4) - 1) / 2], 1e-5);
});
