// A sheet that shows what a decoder of strokes says: the line, the pen on it, and how sure each point is.

import { disc, fitCanvas } from "./canvas.js";
import { append } from "./dom.js";
import { onPaper, penAt, penWay, strokeWay } from "./pen_paths.js";

const UNIT = 13; // the canvases' units are as many to the height of their text, so that lines grow with it
const INK = { own: "#111", told: "#0b5fa5", read: "#b5b5b5" };

/** A canvas that shows steps as strokes; `show(steps)`, `fit()` at a new size, and `penTo(u)`: the pen is at `u` points, or done. */
export function addSheet(parent, className) {
  const canvas = append(parent, "canvas", className);
  canvas.setAttribute("role", "img");
  let [size, steps, at] = [0, null, null];
  const paint = () => size > 0 && steps && paintStroke(canvas.getContext("2d"), size, steps, at);
  const fit = () => {
    size = fitCanvas(canvas, UNIT)?.width ?? 0; // 0: not on the page yet
    paint();
  };
  const show = (some) => {
    steps = some;
    paint();
  };
  const penTo = (u) => {
    at = u;
    paint();
  };
  return { canvas, fit, show, penTo };
}

function paintStroke(context, size, { written, expected }, at) {
  const large = size > 150; // the others are too small for dots and a pen
  const points = expected ? expected.map(({ mean }) => mean) : written.map(({ point }) => point);
  const color = expected ? INK.told : INK.own;
  const last = points.length - 1;
  const u = at ?? last;
  Object.assign(context, { fillStyle: "#fff" });
  context.fillRect(0, 0, size, size);
  if (expected) strokeWay(context, penWay(written.map(({ point }) => point)), size, { color: INK.read, width: large ? 7 : 4 });
  // What the decoder has said so far: of the points behind the pen, and of the next, which it is about to draw.
  if (large) (expected ?? written).slice(0, Math.floor(u) + 2).forEach((one, k) => paintEllipse(context, size, one, k > u));
  strokeWay(context, penWay(points, u), size, { color, width: large ? 3.2 : 2 });
  disc(context, onPaper(points[0], size), large ? 6 : 4.5, color); // where the pen began
  if (!large) return;
  points.slice(0, Math.floor(u) + 1).forEach((point) => disc(context, onPaper(point, size), 3.6, color));
  const pen = onPaper(penAt(points, u), size);
  disc(context, pen, 8, "#fff");
  disc(context, pen, 6, "#c8500a");
}

/** Two sigmas around the mean of one point. */
function paintEllipse(context, size, { mean, sigma }, isNext) {
  const [x, y] = onPaper(mean, size);
  const [right, top] = onPaper([mean[0] + 2 * sigma[0], mean[1] + 2 * sigma[1]], size);
  context.beginPath();
  context.ellipse(x, y, right - x, y - top, 0, 0, 2 * Math.PI);
  Object.assign(context, { fillStyle: isNext ? "#e8862a38" : "#5fa8e022", strokeStyle: isNext ? "#c8500a" : "#5fa8e088", lineWidth: 1 });
  context.fill();
  context.stroke();
}
