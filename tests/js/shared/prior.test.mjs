import assert from "node:assert/strict";
import test from "node:test";

import { assertClose } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/prior.js";

test("the share of the prior inside a radius, and the radius of a share", () => {
  assertClose([1, 2].map(w.massInside), [1 - Math.exp(-0.5), 1 - Math.exp(-2)]);
  assertClose([0.5, 0.9, 0.99].map(w.radiusOf), [0.5, 0.1, 0.01].map((rest) => Math.sqrt(-2 * Math.log(rest))));
  for (const share of [0, 1e-12, 0.3, 0.999]) assertClose([w.massInside(w.radiusOf(share)) - share], [0], 1e-15);
  assertClose([w.massInside(1e-6) / 5e-13], [1], 1e-9); // 1 - exp(...) would have few digits left
  assert.deepEqual([w.massInside(100), w.radiusOf(1)], [1, Infinity]);
});

test("a share has as many decimals as tell it from 100 %", () => {
  const wanted = { 0: "0 %", 0.626: "63 %", 0.9: "90 %", 0.99: "99 %", 0.9997: "99.97 %", 0.99999: "99.999 %" };
  for (const [share, text] of Object.entries(wanted)) assert.equal(w.percent(Number(share)), text);
  assert.equal(w.percent(1), "100.000000 %");
});
