import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeElement, FakeModel, fakePage } from "../fakes.mjs";
import { drawOnChange, makeRender, showError } from "../../../vae_helpers/widgets/shared/render.js";

let frames, model, el, drawn, undo;

/** Draws by writing down a and b; a negative a can't be drawn. */
function draw() {
  if (model.get("a") < 0) throw new Error(`a is ${model.get("a")}`);
  drawn.push([model.get("a"), model.get("b")]);
}

beforeEach(() => {
  frames = fakePage();
  [model, el, drawn] = [new FakeModel({ a: 1, b: 2, c: 3 }), new FakeElement("div"), []];
  undo = drawOnChange(model, el, ["a", "b"], draw);
});

const messages = () => el.all(".vae-error").map((box) => box.textContent);

test("draws at once, without waiting for a frame", () => {
  assert.deepEqual(drawn, [[1, 2]]);
  assert.equal(frames.asked, 0);
});

test("draws once per frame, however many changes there were, and then the latest", () => {
  for (let i = 0; i < 10; i++) model.set("a", 10 + i);
  model.set("b", 5);
  assert.equal(drawn.length, 1);
  assert.equal(frames.asked, 1);
  frames.next();
  assert.deepEqual(drawn, [[1, 2], [19, 5]]);
  frames.next();
  assert.equal(drawn.length, 2);
  model.set("b", 6);
  frames.next();
  assert.deepEqual(drawn.at(-1), [19, 6]);
  assert.equal(frames.asked, 2);
});

test("draws for no other trait, and for none that stays the same", () => {
  model.set("c", 4);
  model.set("a", 1);
  assert.equal(frames.asked, 0);
});

test("an error is shown in the widget's place and goes with the next picture", () => {
  model.set("a", -1);
  frames.next();
  assert.equal(messages().length, 1);
  assert.match(messages()[0], /^This widget stopped: a is -1\. Run its cell again;/);
  assert.equal(el.querySelector(".vae-error").attributes.role, "alert");
  model.set("a", -2);
  frames.next();
  assert.equal(messages().length, 1);
  assert.match(messages()[0], /a is -2\./);
  model.set("a", 3);
  frames.next();
  assert.deepEqual(messages(), []);
  assert.deepEqual(drawn.at(-1), [3, 2]);
});

test("an error of the very first picture is shown too, and listening goes on", () => {
  const other = new FakeElement("div");
  model.set("a", -1);
  drawOnChange(model, other, ["a"], draw);
  assert.equal(other.all(".vae-error").length, 1);
  model.set("a", 1);
  frames.next();
  assert.equal(other.all(".vae-error").length, 0);
});

test("undo stops all of it, a frame that waits too", () => {
  model.set("a", 7);
  undo();
  assert.equal(frames.waiting.size, 0);
  model.set("b", 8);
  frames.next();
  assert.deepEqual(drawn, [[1, 2]]);
  assert.deepEqual(model.listeners, []);
});

test("undo leaves the listeners of others alone", () => {
  const others = [];
  drawOnChange(model, el, ["a"], () => others.push(model.get("a")));
  undo();
  model.set("a", 9);
  frames.next();
  assert.deepEqual(others, [1, 9]);
});

test("a second error takes the place of the first", () => {
  const place = new FakeElement("div");
  const box = showError(place, new Error("one"));
  assert.equal(showError(place, new Error("two")), box);
  assert.match(box.textContent, /stopped: two\./);
  assert.equal(place.children.length, 1);
});

test("a view that is gone has undone all its listening, and undoes it only once", () => {
  const [place, undone] = [new FakeElement("div"), []];
  const render = makeRender(({ model, el, onStop }) => {
    onStop(drawOnChange(model, el, ["c"], () => {}));
    onStop(() => undone.push("second"));
  });
  const others = model.listeners.length;
  const stop = render({ model, el: place });
  assert.ok(place.classes.has("vae-view"));
  assert.equal(model.listeners.length, others + 1);
  stop();
  stop();
  assert.deepEqual([model.listeners.length, undone], [others, ["second"]]);
  assert.equal(place.querySelector(".vae-error"), null);
});

test("a set-up that fails halfway shows its error, and what listened by then is gone", () => {
  const place = new FakeElement("div");
  const others = model.listeners.length;
  const render = makeRender(({ model, el, onStop }) => {
    onStop(drawOnChange(model, el, ["c"], () => {}));
    assert.equal(model.listeners.length, others + 1);
    throw new Error("no weights");
  });
  const stop = render({ model, el: place });
  assert.match(place.querySelector(".vae-error").textContent, /^This widget stopped: no weights\./);
  assert.equal(model.listeners.length, others);
  stop();
});
