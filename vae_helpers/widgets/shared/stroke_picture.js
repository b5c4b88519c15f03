// A stroke of a few points on a canvas: the line gets darker as the pen goes on, and a dot marks where it began.

import { disc, fitCanvas } from "./canvas.js";
import { append } from "./dom.js";
import { pairs } from "./numbers.js";

const PALEST = 0.35; // the share of its colour that a line has at its start
const MARGIN = 0.14; // around a stroke, as a share of its picture's side
export const TEXT = 13; // height of a canvas's text, in the units that it is drawn in
export const INK = 0.07; // width of a line, as a share of the paper's side
export const COLORS = { ink: [27, 27, 27], blue: [11, 95, 165] };

/** Where a point lies in a picture of `size`: 0 to 1 with a margin, y upwards. */
export function toPicture([x, y], size) {
  const scale = (1 - 2 * MARGIN) * size;
  return [MARGIN * size + scale * x, (1 - MARGIN) * size - scale * y];
}

/** A line through places on a canvas. */
export function paintWay(context, places, width, color = COLORS.ink) {
  Object.assign(context, { lineWidth: width, lineCap: "round", lineJoin: "round" });
  const mixed = (part, share) => Math.round(255 + (part - 255) * (PALEST + (1 - PALEST) * share)); // with white
  const shade = (share) => `rgb(${color.map((part) => mixed(part, share)).join()})`;
  places.slice(1).forEach((place, i) => {
    context.strokeStyle = shade(i / Math.max(1, places.length - 2));
    context.beginPath();
    context.moveTo(...places[i]);
    context.lineTo(...place);
    context.stroke();
  });
}

/** The places as discs with their numbers, the first of them filled. */
export function paintNumbers(context, places, radius, color = COLORS.ink) {
  const [font, rim] = [`bold ${1.35 * radius}px sans-serif`, `rgb(${color.join()})`];
  Object.assign(context, { font, textAlign: "center", textBaseline: "middle" });
  places.forEach((place, i) => {
    disc(context, place, radius, rim);
    if (i > 0) disc(context, place, 0.82 * radius, "#fff");
    context.fillStyle = i > 0 ? "#111" : "#fff";
    context.fillText(i + 1, ...place);
  });
}

/** A small picture; returns `draw(stroke)`, which paints it where it is another one or the canvas has another size. */
export function addThumb(parent) {
  const canvas = append(parent, "canvas", "vae-stroke-thumb");
  const context = canvas.getContext("2d");
  let [last, width] = [null, 0];
  return (stroke) => {
    const size = fitCanvas(canvas, TEXT)?.width;
    if (!size || (stroke === last && canvas.width === width)) return;
    [last, width] = [stroke, canvas.width];
    context.fillStyle = "#fff";
    context.fillRect(0, 0, size, size);
    const places = pairs(stroke).map((point) => toPicture(point, size));
    paintWay(context, places, 0.07 * size);
    disc(context, places[0], 0.09 * size, "#1b1b1b");
  };
}

/** `fit()`, which says whether a canvas has got another size or other units since it was last asked. */
export function resized(canvas) {
  let before = "";
  return () => {
    const size = fitCanvas(canvas, TEXT);
    const now = size ? `${size.width} ${canvas.width}` : "";
    return Boolean(size) && now !== before && Boolean((before = now));
  };
}
