import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeElement, FakeObserver, fakePage } from "./fakes.mjs";
import { load } from "./load.mjs";

const w = await load("stage.js");
let [stage, el] = [];

beforeEach(() => {
  fakePage();
  [stage, el] = [new FakeElement("div"), new FakeElement("div")];
  stage.className = "vae-stage";
  stage.appendChild(el);
});

function child(parent, tag, className) {
  const element = new FakeElement(tag);
  if (className) element.className = className;
  parent.appendChild(element);
  return element;
}

test("onResize follows the element and the window until it is undone", () => {
  let calls = 0;
  const undo = w.onResize(el, () => calls++);
  FakeObserver.resize(el);
  window.handlers.resize();
  assert.equal(calls, 2);
  undo();
  FakeObserver.resize(el);
  assert.deepEqual([calls, window.handlers.resize], [2, undefined]);
});

test("a canvas has the screen's pixels, and units in which its text has the height asked for", () => {
  const canvas = Object.assign(new FakeElement("canvas"), { clientWidth: 200, clientHeight: 100 });
  globalThis.devicePixelRatio = 2;
  globalThis.getComputedStyle = () => ({ fontSize: "20px" });
  const size = w.fitCanvas(canvas, 10);
  assert.deepEqual([canvas.width, canvas.height], [400, 200]);
  assert.deepEqual(size, { width: 100, height: 50 }); // a unit is 20 / 10 CSS pixels: text of 10 units is 20 px
  assert.deepEqual(canvas.context.calls, [["setTransform", 4, 0, 0, 4, 0, 0]]);
  canvas.clientWidth = 0;
  assert.equal(w.fitCanvas(canvas, 10), null);
});

test("the full-screen button takes the stage, follows Escape, and says where it can't", async () => {
  const controls = child(el, "div");
  const undo = w.addFullScreen(controls, el);
  const [button] = controls.children;
  const asked = [];
  stage.requestFullscreen = async () => asked.push("stage");
  document.exitFullscreen = async () => asked.push("exit");
  assert.equal(button.textContent, "full screen");
  await button.handlers.click();
  document.fullscreenElement = stage;
  document.handlers.fullscreenchange();
  assert.equal(button.textContent, "small again");
  await button.handlers.click();
  assert.deepEqual(asked, ["stage", "exit"]);
  document.fullscreenElement = null; // as after Escape
  document.handlers.fullscreenchange();
  assert.equal(button.textContent, "full screen");
  stage.requestFullscreen = async () => {
    throw new Error("not in a frame");
  };
  await button.handlers.click();
  assert.deepEqual([button.textContent, button.title], ["no full screen here", "not in a frame"]);
  undo();
  assert.equal(document.handlers.fullscreenchange, undefined);
});

test("all that can have the focus keeps JupyterLab's shortcuts off, also what is drawn later", () => {
  const early = child(el, "button");
  const undo = w.tendStage(el);
  assert.equal(early.dataset.lmSuppressShortcuts, "true");
  const late = child(stage, "input");
  FakeObserver.resize(el); // now it is on the page
  assert.equal(late.dataset.lmSuppressShortcuts, "true");
  const latest = child(stage, "select");
  stage.handlers.focusin();
  assert.equal(latest.dataset.lmSuppressShortcuts, "true");
  undo();
  assert.deepEqual(stage.handlers, {});
});

test("a slider that is dragged holds the pointer, nothing else on the stage does", () => {
  const slider = child(stage, "div", "noUi-target");
  const held = [];
  const press = (target, pointerId) => {
    target.setPointerCapture = (id) => held.push([target, id]);
    stage.handlers.pointerdown({ target, pointerId });
  };
  w.tendStage(el);
  FakeObserver.resize(el);
  const handle = child(slider, "div", "noUi-handle");
  press(handle, 7);
  press(child(stage, "button"), 8);
  assert.deepEqual(held, [[handle, 7]]);
});

test("a slider's handle is named as the slider", () => {
  const slider = child(stage, "div", "widget-slider");
  child(slider, "label").textContent = "z7 (dead)";
  const handle = child(slider, "div", "noUi-handle");
  handle.closest = () => slider;
  w.tendStage(el);
  FakeObserver.resize(el);
  assert.equal(handle.attributes["aria-label"], "z7 (dead)");
});

test("normalDraws are draws from N(0, 1)", () => {
  const draws = w.normalDraws(20_000);
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
  assert.ok(Math.abs(mean) < 0.04 && Math.abs(variance - 1) < 0.06, `mean ${mean}, variance ${variance}`); // 6 sigma
  assert.ok(draws.every(Number.isFinite));
});
