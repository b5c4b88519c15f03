import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { saveNowAndThen } from "../../../vae_helpers/widgets/shared/saving.js";
import { FakeModel } from "../fakes.mjs";

test("many changes are saved once in 120 ms, the next ones again, and what is left at the end", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const model = new FakeModel({});
  const saving = saveNowAndThen(model);
  for (let k = 0; k < 10; k++) saving.soon();
  mock.timers.tick(119);
  assert.equal(model.saves, 0);
  mock.timers.tick(1);
  assert.equal(model.saves, 1);
  saving.stop(); // nothing is left
  assert.equal(model.saves, 1);
  saving.soon();
  saving.stop();
  assert.equal(model.saves, 2);
  saving.soon();
  saving.flush();
  mock.timers.tick(500);
  assert.equal(model.saves, 3);
  mock.timers.reset();
});
