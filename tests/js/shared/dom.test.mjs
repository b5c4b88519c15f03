import assert from "node:assert/strict";
import test from "node:test";

import { FakeElement, fakePage } from "../fakes.mjs";
import { addButton, append } from "../../../vae_helpers/widgets/shared/dom.js";

test("a part is added to its parent, with its class or without one", () => {
  fakePage();
  const parent = new FakeElement("div");
  const parts = [append(parent, "figure", "vae-digit vae-large"), append(parent, "canvas", "")];
  assert.deepEqual(parent.children, parts);
  assert.deepEqual(parts.map(({ tag, classes }) => [tag, ...classes]), [["figure", "vae-digit", "vae-large"], ["canvas"]]);
});

test("a button says what it does, and does it", () => {
  fakePage();
  let clicks = 0;
  const button = addButton(new FakeElement("div"), "draw", "draws again", () => clicks++);
  button.handlers.click();
  assert.deepEqual([button.type, button.textContent, button.title, clicks], ["button", "draw", "draws again", 1]);
});
