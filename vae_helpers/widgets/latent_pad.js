// The latent pad: a map of the plane with a point to move, the digit there, and the images that lie nearest.

import { toInk } from "./shared/bytes.js";
import { drawCross, fromPixel, strokeRimmed, toPixel } from "./shared/canvas.js";
import { connectDecoder } from "./shared/decoder.js";
import { addDigit, SIDE } from "./shared/digit.js";
import { append } from "./shared/dom.js";
import { nearestPoints, paintMap, readMap } from "./shared/map.js";
import { clamp } from "./shared/numbers.js";
import { massInside, percent } from "./shared/prior.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const NEIGHBOURS = 5;
const [STEP, LONG_STEP] = [0.05, 0.5];
const HELP = "Drag or click on the map. Arrow keys: 0.05, with Shift 0.5; Home: origin.";
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

function setUp({ model, el, onStop }) {
  el.classList.add("vae-pad");
  // This view is the stage itself, and anywidget's views don't follow when their DOM classes change later.
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  const decoder = connectDecoder(model, el);
  onStop(decoder.stop);
  const map = readMap(model);
  const hand = holdZ(model, map.limit);
  onStop(hand.stop);
  const pad = addPad(el, map, hand);
  const side = append(el, "div", "vae-pad-side");
  const showDigit = decoder.addPlace(addDigit(side, "vae-large"));
  const controls = append(side, "div", "vae-pad-controls");
  const count = model.get("images").byteLength / SIDE ** 2;
  const drawNearest = addNearest(side, controls, model, map, count);
  append(side, "div", "vae-note").textContent = `${HELP} Nearest: of the first ${count} test images.`;

  const draw = () => {
    const z = hand.read();
    showDigit(z, caption(z));
    pad.draw(z, drawNearest(z));
  };
  onStop(drawOnChange(model, el, ["z1", "z2", "nearest"], draw));
  onStop(addFullScreen(controls, el));
  onStop(onResize(pad.canvas, () => pad.fit() && draw()));
  onStop(tendStage(el));
}

/** The latent as the views and Python share it. While a hand holds it, only the hand moves what this view shows. */
export function holdZ(model, limit) {
  let held = null;
  const saving = saveNowAndThen(model);
  const move = (z) => {
    model.set("z1", z[0]);
    model.set("z2", z[1]);
    saving.soon();
  };
  return {
    move,
    stop: saving.stop,
    read: () => held ?? [model.get("z1"), model.get("z2")].map((value) => clamp(value, limit)),
    drag: (z) => move((held = z)),
    release: () => {
      if (!held) return;
      move(held); // Python may have set another meanwhile: where the hand let go is the last word
      held = null;
      saving.flush();
    },
  };
}

/** The map; `draw(z, nearest)` shows the point and rings the nearest, `fit()` says whether its size has changed. */
function addPad(parent, map, hand) {
  const canvas = append(append(parent, "div", "vae-pad-frame"), "canvas", "vae-pad-map");
  canvas.tabIndex = 0;
  const names = { role: "slider", "aria-roledescription": "2-D pad", "aria-label": `latent map. ${HELP}` };
  const range = { "aria-valuemin": -map.limit, "aria-valuemax": map.limit };
  for (const [name, value] of Object.entries({ ...names, ...range })) canvas.setAttribute(name, value);
  listen(canvas, map.limit, hand);
  const context = canvas.getContext("2d");
  let [background, unit] = [null, 1];

  const fit = () => {
    const size = Math.round(canvas.clientWidth * devicePixelRatio);
    unit = (parseFloat(getComputedStyle(canvas).fontSize) / 13) * devicePixelRatio; // the style sheet rules the text
    if (size === 0 || (background?.width === size && background.unit === unit)) return false;
    canvas.width = canvas.height = size;
    background = Object.assign(paintMap(map, canvas, unit), { unit });
    return true;
  };
  const draw = (z, nearest) => {
    canvas.setAttribute("aria-valuenow", twoDecimals(z[0]));
    canvas.setAttribute("aria-valuetext", `z1 ${twoDecimals(z[0])}, z2 ${twoDecimals(z[1])}`);
    if (!background) return; // not on the page yet
    const place = (x, y) => toPixel(x, y, canvas.width, map.limit);
    context.drawImage(background, 0, 0);
    for (const i of nearest) {
      context.beginPath();
      context.arc(...place(map.points[2 * i], map.points[2 * i + 1]), 4 * unit, 0, 2 * Math.PI);
      strokeRimmed(context, { width: 2 * unit, rim: 4.5 * unit });
    }
    // open in the middle: the place itself must be seen
    drawCross(context, place(...z), { from: 6 * unit, to: 16 * unit, width: 3 * unit, rim: 6.75 * unit });
  };
  return { canvas, draw, fit };
}

function listen(canvas, limit, hand) {
  let pointer = null; // of several fingers, the first one drags
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return toLatent(event.clientX - box.left, event.clientY - box.top, box.width, limit);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || pointer !== null) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    canvas.focus({ preventScroll: true });
    hand.drag(at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId === pointer) hand.drag(at(event));
  });
  canvas.addEventListener("lostpointercapture", (event) => {
    if (event.pointerId !== pointer) return; // comes after pointerup and after pointercancel
    pointer = null;
    hand.release();
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || pointer !== null) return;
    const z = step(hand.read(), event.key, event.shiftKey, limit);
    if (!z) return;
    event.preventDefault(); // else the page would scroll
    hand.move(z);
  });
}

/** The box to tick and the row of images; returns what fills the row and says which points they are. */
function addNearest(parent, controls, model, map, count) {
  const { buffer, byteOffset, byteLength } = model.get("images");
  const images = new Uint8Array(buffer, byteOffset, byteLength);
  const label = append(controls, "label", "vae-pad-toggle");
  const box = append(label, "input", "");
  box.type = "checkbox";
  label.append("show the nearest test images");
  box.addEventListener("change", () => {
    model.set("nearest", box.checked);
    model.save_changes();
  });
  const row = append(parent, "div", "vae-digits vae-pad-nearest");
  const draws = Array.from({ length: Math.min(NEIGHBOURS, count) }, () => addDigit(row, ""));
  return (z) => {
    box.checked = model.get("nearest");
    row.hidden = !box.checked;
    if (!box.checked) return [];
    const found = nearestPoints(map.points.subarray(0, 2 * count), z, draws.length);
    found.forEach((i, k) => {
      const image = images.subarray(SIDE ** 2 * i, SIDE ** 2 * (i + 1));
      draws[k](toInk(image), `a ${map.labels[i]}`);
    });
    return found;
  };
}

export default { render: makeRender(setUp) };
