// A plane with a point to move: by mouse, pen or finger, by the arrow keys, and from Python.

import { drawCross, fromPixel, strokeRimmed, toPixel } from "./canvas.js";
import { append, onDrag } from "./dom.js";
import { clamp } from "./numbers.js";
import { massInside, percent } from "./prior.js";
import { saveNowAndThen } from "./saving.js";

const [STEP, LONG_STEP] = [0.05, 0.5];
export const HELP = "Drag or click on the map. Arrow keys: 0.05, with Shift 0.5; Home: origin.";
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
Object.assign(WAYS, { PageDown: WAYS.ArrowDown, PageUp: WAYS.ArrowUp });

/** The latent at a place on the map, as `toPixel` has it; beyond the edge, the nearest on the map. */
export function toLatent(x, y, size, limit) {
  return fromPixel(x, y, size, limit).map((value) => clamp(value, limit));
}

/** Where a key takes z, or null for a key that doesn't move it. */
export function step(z, key, shift, limit) {
  if (key === "Home") return [0, 0];
  if (!Object.hasOwn(WAYS, key)) return null;
  const length = shift || key.startsWith("Page") ? LONG_STEP : STEP;
  // rounded, because twenty steps of 0.05 would not quite make 1
  return z.map((value, i) => clamp(Math.round(1e6 * (value + length * WAYS[key][i])) / 1e6, limit));
}

/** Where a latent is, and how far out for the prior. */
export function caption(z) {
  const r = Math.hypot(...z);
  const inside = `${percent(massInside(r))} of the prior lies nearer to the origin`;
  return `z = (${z.map(twoDecimals).join(", ")})\n|z| = ${twoDecimals(r)}\n${inside}`;
}

/** Two decimals, and no minus sign on a zero. */
export function twoDecimals(value) {
  const text = value.toFixed(2);
  return text === "-0.00" ? "0.00" : text;
}

/** The latent as the views and Python share it. While a hand holds it, only the hand moves what this view shows. */
export function holdZ(model, limit) {
  const saving = saveNowAndThen(model);
  const set = (z) => ["z1", "z2"].forEach((name, i) => model.set(name, z[i]));
  const get = () => [model.get("z1"), model.get("z2")];
  return { ...holdPoint(limit, saving, get, set), stop: saving.stop };
}

/** A point of the model's, which `get()` reads and `set(z)` sets, as `holdZ` holds it. */
export function holdPoint(limit, saving, get, set) {
  let held = null;
  const move = (z) => {
    set(z);
    saving.soon();
  };
  return {
    move,
    read: () => held ?? get().map((value) => clamp(value, limit)),
    drag: (z) => move((held = z)),
    release: () => {
      if (!held) return;
      move(held); // Python may have set another meanwhile: where the hand let go is the last word
      held = null;
      saving.flush();
    },
  };
}

/**
 * The square, a slider in two dimensions. `name` says what it is, `axes` what its numbers are when they are read out;
 * `paint(canvas, unit)` paints what stays, `unit` pixels to 1 px of CSS. Returns the canvas; `draw(z, ringed, paintPoint)`,
 * which rings the places [x, y] and shows the point, with `paintPoint(context, place, unit)` if it is no cross, where
 * `place(x, y)` is on the canvas; `fit()`, which says whether the square has another size; and `repaint()`, for when what
 * stays has changed.
 */
export function addPlane(parent, limit, hand, { name, paint, axes = ["z1", "z2"] }) {
  const canvas = append(append(parent, "div", "vae-pad-frame"), "canvas", "vae-pad-map");
  canvas.tabIndex = 0;
  const names = { role: "slider", "aria-roledescription": "2-D pad", "aria-label": `${name}. ${HELP}` };
  const range = { "aria-valuemin": -limit, "aria-valuemax": limit };
  for (const [attribute, value] of Object.entries({ ...names, ...range })) canvas.setAttribute(attribute, value);
  listen(canvas, limit, hand);
  const context = canvas.getContext("2d");
  let [background, unit] = [null, 1];

  const repaint = () => background && (background = Object.assign(paint(canvas, unit), { unit }));
  const fit = () => {
    const size = Math.round(canvas.clientWidth * devicePixelRatio);
    unit = (parseFloat(getComputedStyle(canvas).fontSize) / 13) * devicePixelRatio; // the style sheet rules the text
    if (size === 0 || (background?.width === size && background.unit === unit)) return false;
    canvas.width = canvas.height = size;
    background = Object.assign(paint(canvas, unit), { unit });
    return true;
  };
  const draw = (z, ringed, paintPoint = (...at) => paintCross(z, ...at)) => {
    canvas.setAttribute("aria-valuenow", twoDecimals(z[0]));
    canvas.setAttribute("aria-valuetext", axes.map((axis, i) => `${axis} ${twoDecimals(z[i])}`).join(", "));
    if (!background) return; // not on the page yet
    const place = (x, y) => toPixel(x, y, canvas.width, limit);
    context.drawImage(background, 0, 0);
    for (const point of ringed) {
      context.beginPath();
      context.arc(...place(...point), 4 * unit, 0, 2 * Math.PI);
      strokeRimmed(context, { width: 2 * unit, rim: 4.5 * unit });
    }
    paintPoint(context, place, unit);
  };
  return { canvas, draw, fit, repaint };
}

/** The point z as a cross, open in the middle: the place itself must be seen. */
export function paintCross(z, context, place, unit) {
  drawCross(context, place(...z), { from: 6 * unit, to: 16 * unit, width: 3 * unit, rim: 6.75 * unit });
}

function listen(canvas, limit, hand) {
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return toLatent(event.clientX - box.left, event.clientY - box.top, box.width, limit);
  };
  const held = onDrag(canvas, {
    begin: (event) => {
      canvas.focus({ preventScroll: true });
      hand.drag(at(event));
    },
    move: (event) => hand.drag(at(event)),
    end: () => hand.release(),
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || held()) return;
    const z = step(hand.read(), event.key, event.shiftKey, limit);
    if (!z) return;
    event.preventDefault(); // else the page would scroll
    hand.move(z);
  });
}
