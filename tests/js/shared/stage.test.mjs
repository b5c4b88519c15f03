import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeElement, FakeObserver, fakePage } from "../fakes.mjs";
import { addFullScreen, onResize, tendStage } from "../../../vae_helpers/widgets/shared/stage.js";

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
  const undo = onResize(el, () => calls++);
  FakeObserver.resize(el);
  window.handlers.resize();
  assert.equal(calls, 2);
  undo();
  FakeObserver.resize(el);
  assert.deepEqual([calls, window.handlers.resize], [2, undefined]);
});

test("the full-screen button takes the stage, follows Escape, and says where it can't", async () => {
  const controls = child(el, "div");
  const undo = addFullScreen(controls, el);
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
  const undo = tendStage(el);
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
  tendStage(el);
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
  tendStage(el);
  FakeObserver.resize(el);
  assert.equal(handle.attributes["aria-label"], "z7 (dead)");
});
