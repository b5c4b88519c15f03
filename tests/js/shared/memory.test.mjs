import assert from "node:assert/strict";
import test from "node:test";

import { keepLast } from "../../../vae_helpers/widgets/shared/memory.js";

test("it is asked again for other numbers only", () => {
  const asked = [];
  const sum = keepLast((a, b) => {
    asked.push([a, b]);
    return [a + b];
  });
  const first = sum(1, 2);
  assert.equal(sum(1, 2), first);
  assert.deepEqual([first, sum(1, 3), sum(2, 3), sum(1, 2)], [[3], [4], [5], [3]]);
  assert.deepEqual(asked, [[1, 2], [1, 3], [2, 3], [1, 2]]);
});
