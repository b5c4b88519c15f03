// What the widgets share around their pictures: the stage (the outer box), its button, keys, names, and sizes.

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

/**
 * Give a canvas a pixel for each of the screen's, and units in which its text is `text` high: how large that is on
 * the screen, the style sheet's font-size rules. Returns { width, height } in units, or null if it is not on the page.
 */
export function fitCanvas(canvas, text) {
  const { clientWidth, clientHeight } = canvas;
  if (clientWidth === 0) return null;
  const unit = (parseFloat(getComputedStyle(canvas).fontSize) / text) * devicePixelRatio; // canvas pixels
  const [width, height] = [clientWidth, clientHeight].map((size) => Math.round(size * devicePixelRatio));
  if (canvas.width !== width) canvas.width = width; // only then: setting a size takes time
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d").setTransform(unit, 0, 0, unit, 0, 0);
  return { width: width / unit, height: height / unit };
}

export function addButton(parent, text, title, onClick) {
  const button = append(parent, "button", "vae-button");
  Object.assign(button, { type: "button", textContent: text, title });
  button.addEventListener("click", onClick);
  return button;
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

/** So many draws from N(0, 1), by Box and Muller. */
export function normalDraws(count) {
  const draw = () => Math.sqrt(-2 * Math.log1p(-Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return Float32Array.from({ length: count }, draw);
}
