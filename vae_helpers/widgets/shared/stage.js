// The stage of a widget, its outer box: its size, its full-screen button, its keys and names.

import { addButton } from "./dom.js";

const FOCUSABLE = "[tabindex], input, button, select";

/** Call `f` when an element has got its first or another size, or other pixels (zoom); returns what undoes it. */
export function onResize(element, f) {
  const observer = new ResizeObserver(f);
  observer.observe(element);
  window.addEventListener("resize", f);
  return () => {
    observer.disconnect();
    window.removeEventListener("resize", f);
  };
}

/** The button that fills the screen with the stage around `el`; returns what undoes its listening. */
export function addFullScreen(parent, el) {
  const stage = () => el.closest(".vae-stage") ?? el; // looked up late: `el` is drawn before it is put there
  const isFull = () => document.fullscreenElement === stage();
  const button = addButton(parent, "", "", async () => {
    try {
      await (isFull() ? document.exitFullscreen() : stage().requestFullscreen());
    } catch (error) {
      button.textContent = "no full screen here"; // a page within a page may not be allowed to
      button.title = error.message;
    }
  });
  const name = () => (button.textContent = isFull() ? "small again" : "full screen"); // about equally wide
  document.addEventListener("fullscreenchange", name);
  name();
  return () => document.removeEventListener("fullscreenchange", name);
}

/**
 * Keep JupyterLab's shortcuts off all that can have the focus on the stage (it asks the very element that has it),
 * name the sliders' handles, which ipywidgets leaves nameless, and let a slider that is dragged hold the pointer. Other
 * parts of the stage may be drawn later than `el`, so it is done at each new size and whenever the focus comes.
 * Returns what undoes its listening.
 */
export function tendStage(el) {
  let stage = el;
  const tend = () => {
    for (const part of stage.querySelectorAll(FOCUSABLE)) part.dataset.lmSuppressShortcuts = "true";
    for (const handle of stage.querySelectorAll(".noUi-handle")) {
      const label = handle.closest(".widget-slider, .jupyter-widget-slider")?.querySelector("label, .widget-label");
      if (label) handle.setAttribute("aria-label", label.textContent);
    }
  };
  tend();
  const stop = onResize(el, () => {
    stage = el.closest(".vae-stage") ?? el;
    stage.addEventListener("focusin", tend); // the same listener again is none
    stage.addEventListener("pointerdown", holdPointer);
    tend();
  });
  return () => {
    stop();
    stage.removeEventListener("focusin", tend);
    stage.removeEventListener("pointerdown", holdPointer);
  };
}

/** Else a browser would look for what lies under the mouse at each movement, and lay the page out anew for that. */
function holdPointer({ target, pointerId }) {
  if (target.closest(".noUi-target")) target.setPointerCapture(pointerId);
}
