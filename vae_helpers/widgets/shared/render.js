// When a widget draws, what it shows when that fails, and what it leaves behind when it is gone: nothing.

import { append } from "./dom.js";

/**
 * A widget's `render`. `setUp({ model, el, onStop })` builds the view in `el`; what undoes its listening it hands to
 * `onStop(undo)`, one by one: all is undone when the view is gone, or at once where `setUp` fails, which is shown in `el`.
 */
export function makeRender(setUp) {
  return ({ model, el }) => {
    const undos = [];
    const stop = () => undos.splice(0).forEach((undo) => undo());
    el.classList.add("vae-view");
    try {
      setUp({ model, el, onStop: (undo) => undos.push(undo) });
    } catch (error) {
      stop();
      showError(el, error);
    }
    return stop;
  };
}

/**
 * Call `draw` on the next frame after one of `traits` changed, and once now. An error is shown in the widget's
 * own place. Returns what undoes it.
 */
export function drawOnChange(model, el, traits, draw) {
  let waiting = 0;
  let shownError = null;
  const now = () => {
    waiting = 0;
    shownError?.remove();
    shownError = null;
    try {
      draw();
    } catch (error) {
      shownError = showError(el, error);
    }
  };
  const soon = () => {
    waiting ||= requestAnimationFrame(now);
  };
  const events = traits.map((name) => `change:${name}`).join(" ");
  model.on(events, soon);
  now();
  return () => {
    model.off(events, soon);
    cancelAnimationFrame(waiting);
  };
}

export function showError(el, error) {
  const box = el.querySelector(".vae-error") ?? append(el, "div", "vae-error");
  box.setAttribute("role", "alert");
  box.textContent = `This widget stopped: ${error.message}. Run its cell again; if that does not help, restart the kernel.`;
  return box;
}
