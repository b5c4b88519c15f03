import assert from "node:assert/strict";
import test from "node:test";

import { assertClose } from "../fakes.mjs";
import { figuresOf, meanOf, orderOf, pathOf, sharesOf } from "../../../vae_helpers/widgets/shared/weights.js";

const LOGS = Float32Array.from([1, 2, 5, 2].map(Math.log));
const SAME = orderOf(4, 0);

test("an order holds each place once, is the same for its seed, and as it was for seed 0", () => {
  assert.deepEqual([...SAME], [0, 1, 2, 3]);
  const [one, again, other] = [orderOf(50, 1), orderOf(50, 1), orderOf(50, 2)];
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, other);
  assert.deepEqual([...one].sort((a, b) => a - b), [...orderOf(50, 0)]);
});

test("each place comes about equally often to each place", () => {
  const counts = [0, 0, 0];
  for (let seed = 1; seed <= 3000; seed++) counts[orderOf(3, seed)[0]]++;
  assert.ok(counts.every((count) => Math.abs(count - 1000) < 100), `${counts}`);
});

test("the path is the log of the mean of the first weights, in the order given", () => {
  assertClose(pathOf(LOGS, SAME, 4), [1, 1.5, 8 / 3, 2.5].map(Math.log), 1e-6);
  assertClose(pathOf(LOGS, [2, 0, 1, 3], 2), [5, 3].map(Math.log), 1e-6);
  assertClose([meanOf(LOGS)], [Math.log(20) / 4], 1e-6);
});

test("the figures, by hand", () => {
  const { bound, effective, place, share } = figuresOf(LOGS, SAME, 4);
  assertClose([bound, effective, place, share], [Math.log(2.5), 100 / 34, 2, 0.5], 1e-6);
  const two = figuresOf(LOGS, [3, 0, 2, 1], 2);
  assertClose([two.bound, two.effective, two.place, two.share], [Math.log(1.5), 9 / 5, 3, 2 / 3], 1e-6);
});

test("nothing overflows, and nothing is rounded to zero", () => {
  for (const shift of [-5000, 5000]) {
    const logs = Float64Array.from(LOGS, (log) => log + shift);
    assertClose(pathOf(logs, SAME, 4), Array.from(pathOf(LOGS, SAME, 4), (value) => value + shift), 1e-6);
    const { effective, share } = figuresOf(logs, SAME, 4);
    assertClose([effective, share], [100 / 34, 0.5], 1e-6);
  }
});

test("the bins have all draws and all weight, those beyond an end in the last one", () => {
  const { draws, weights, bin, share } = sharesOf(LOGS, SAME, 4, { low: 0.5, high: 1.5, bins: 2 });
  assertClose(draws, [0.75, 0.25]);
  assertClose(weights, [0.5, 0.5], 1e-6);
  assert.deepEqual([bin, share.toFixed(6)], [1, "0.500000"]);
  const first = sharesOf(LOGS, SAME, 1, { low: 0, high: 2, bins: 4 });
  assertClose([...first.draws, ...first.weights], [1, 0, 0, 0, 1, 0, 0, 0]);
});
