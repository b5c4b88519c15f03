import assert from "node:assert/strict";
import test from "node:test";

import { makeGame } from "../../../vae_helpers/widgets/shared/tiny_aae.js";
import { makeRandom } from "../../../vae_helpers/widgets/shared/tiny_net.js";

test("the game brings codes to the prior, and the error falls", () => {
  const random = makeRandom(3);
  const [game, x] = [makeGame(4, 1), Float32Array.from({ length: 4 * 64 }, () => 4 * random() - 2)];
  const real = () => Float32Array.from({ length: 128 }, (_, i) => (i % 2 === 0 ? 3 : 0) + 0.2 * random());
  const first = game.step(x, real(), 3);
  assert.ok(Math.abs(first.loss - Math.LN2) < 0.3);
  let last = first;
  for (let k = 0; k < 400; k++) last = game.step(x, real(), 3);
  const codes = game.encode(x);
  const mean = codes.filter((_, i) => i % 2 === 0).reduce((sum, value) => sum + value, 0) / 64;
  assert.ok(last.error < first.error && Math.abs(mean - 3) < 0.5, `${last.error}, ${mean}`);
  assert.ok(game.believe(Float32Array.of(3, 0, -4, -4)).every((value) => value >= 0 && value <= 1));
  assert.equal(game.decode(Float32Array.of(0, 0)).length, 4);
});
