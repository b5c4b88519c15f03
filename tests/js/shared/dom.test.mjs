import assert from "node:assert/strict";
import test from "node:test";

import { FakeElement, fakePage } from "../fakes.mjs";
import { addButton, append, onDrag } from "../../../vae_helpers/widgets/shared/dom.js";

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

test("a pointer is followed from where it goes down, and no second one beside it", () => {
  fakePage();
  const [part, seen] = [new FakeElement("canvas"), []];
  const held = onDrag(part, { move: ({ clientX }) => seen.push(clientX), end: () => seen.push("end") });
  const { pointerdown, pointermove, lostpointercapture } = part.handlers;
  pointermove({ pointerId: 7, clientX: 1 });
  pointerdown({ button: 2, pointerId: 7, clientX: 2 });
  pointerdown({ button: 0, pointerId: 7, clientX: 3 });
  pointerdown({ button: 0, pointerId: 8, clientX: 4 });
  pointermove({ pointerId: 8, clientX: 5 });
  lostpointercapture({ pointerId: 8 });
  pointermove({ pointerId: 7, clientX: 6 });
  assert.equal(held(), true);
  lostpointercapture({ pointerId: 7 });
  assert.equal(held(), false);
  pointermove({ pointerId: 7, clientX: 7 });
  assert.deepEqual([part.captured, seen], [7, [3, 6, "end"]]);
});
