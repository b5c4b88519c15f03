import assert from "node:assert/strict";
import test from "node:test";

import { gaussianOf } from "../../../vae_helpers/widgets/shared/gaussian.js";

test("a Gaussian of what an encoder said, with its KL by hand", () => {
  const { mu, sigma, kl } = gaussianOf([1, -2, 0, Math.log(4)]);
  assert.deepEqual(mu, [1, -2]);
  assert.ok(sigma[0] === 1 && Math.abs(sigma[1] - 2) < 1e-12);
  assert.ok(Math.abs(kl - (1 / 2 + (4 + 4 - Math.log(4) - 1) / 2)) < 1e-12, `KL ${kl}`);
});

test("no KL below 0", () => {
  assert.equal(gaussianOf([0, 0, 0, 0]).kl, 0);
  for (const logvar of [1e-9, -3e-9]) assert.equal(gaussianOf([0, logvar]).kl, 0);
});
