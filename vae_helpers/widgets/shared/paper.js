// A square to draw in: by mouse, pen or finger, and by the arrow keys, which lay one of many images on it.

import { disc, fitCanvas } from "./canvas.js";
import { paintInk, SIDE } from "./digit.js";
import { append, onDrag } from "./dom.js";
import { PEN } from "./strokes.js";

const LEAST_STEP = 0.008; // of the square's side: nearer points would only make the drawing heavier
const HELP = "Draw with mouse, pen or finger. Arrow keys show test images, with Shift ten further.";
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10 };

/** Which image a key asks for, of `count` with `index` shown (-1: none), or null for another key. */
export function chosen(index, key, shift, count) {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (!Object.hasOwn(STEPS, key)) return null;
  return Math.min(Math.max(index + STEPS[key] * (shift && key.startsWith("Arrow") ? 10 : 1), 0), count - 1);
}

/** The strokes with one more point in the last, or as they are where it is too near to the last point. */
export function extended(strokes, point) {
  const last = strokes.at(-1);
  const [x, y] = last.at(-1);
  if (Math.hypot(point[0] - x, point[1] - y) < LEAST_STEP) return strokes;
  return [...strokes.slice(0, -1), [...last, point]]; // new lists: a changed one would look like no change
}

/**
 * The square. `hand` is asked for `strokes()` and `index()`, and told of `begin()`, `draw(strokes)`, `end()` and
 * `choose(index)`. Returns its canvas and `draw(strokes, image, text)`, which shows the strokes, or the image where
 * there are none (null: nothing), and over it what `paintOver(context, size)` paints. `help` says what can be done with it.
 */
export function addPaper(parent, count, hand, paintOver = () => {}, help = HELP) {
  const canvas = append(parent, "canvas", "vae-draw-paper");
  canvas.tabIndex = 0;
  const names = { role: "slider", "aria-roledescription": "square to draw in", "aria-label": help };
  const range = { "aria-valuemin": -1, "aria-valuemax": count - 1 };
  for (const [name, value] of Object.entries({ ...names, ...range })) canvas.setAttribute(name, value);
  listen(canvas, count, hand);
  const context = canvas.getContext("2d");
  const small = new OffscreenCanvas(SIDE, SIDE);
  const draw = (strokes, image, text) => {
    canvas.setAttribute("aria-valuenow", hand.index());
    canvas.setAttribute("aria-valuetext", text);
    const size = fitCanvas(canvas, 13)?.width;
    if (!size) return; // not on the page yet
    context.fillStyle = "#fff";
    context.fillRect(0, 0, size, size);
    if (strokes.length > 0) strokes.forEach((stroke) => paintStroke(context, stroke, size));
    else if (image) paintPixels(context, small, image, size);
    paintOver(context, size);
  };
  return { canvas, draw };
}

function paintPixels(context, small, image, size) {
  paintInk(small.getContext("2d"), image);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, size, size);
}

function paintStroke(context, stroke, size) {
  Object.assign(context, { strokeStyle: "#111", lineWidth: PEN * size, lineCap: "round", lineJoin: "round" });
  const places = stroke.map((point) => point.map((value) => value * size));
  disc(context, places[0], (PEN / 2) * size, "#111"); // of a line without length a canvas paints nothing
  context.beginPath();
  places.forEach((place) => context.lineTo(...place));
  context.stroke();
}

function listen(canvas, count, hand) {
  let strokes = []; // as the hand has drawn them: what Python sets meanwhile does not get between
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return place.map((value) => Math.round(1e4 * Math.min(Math.max(value, 0), 1)) / 1e4);
  };
  const held = onDrag(canvas, {
    begin: (event) => {
      canvas.focus({ preventScroll: true });
      hand.begin();
      hand.draw((strokes = [...hand.strokes(), [at(event)]]));
    },
    move: (event) => {
      const events = event.getCoalescedEvents?.() ?? []; // a pen moves more often than pictures change
      const before = strokes;
      for (const one of events.length ? events : [event]) strokes = extended(strokes, at(one));
      if (strokes !== before) hand.draw(strokes);
    },
    end: () => {
      if (hand.strokes() !== strokes) hand.draw(strokes); // where the hand lets go is the last word
      hand.end();
    },
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || held()) return;
    const index = chosen(hand.index(), event.key, event.shiftKey, count);
    if (index === null) return;
    event.preventDefault(); // else the page would scroll
    hand.choose(index);
  });
}
