// What a recurrent VAE makes of a stroke: what its decoder writes, what the stroke costs, and which others are near.

import { fitCanvas } from "./canvas.js";
import { append } from "./dom.js";
import { nearestPoints } from "./map.js";
import { fixed, pairs } from "./numbers.js";
import { addBars, standing } from "./spread.js";
import { addThumb, COLORS, INK, paintNumbers, paintWay, resized, TEXT, toPicture } from "./stroke_picture.js";
import { SIZE } from "./writing.js";

const NEIGHBOURS = 5;
const WHOSE = "held-out strokes";
const SHOWN = 0.99; // of the held-out strokes' costs: the bars end there, for a few cost a hundred nats

/** What the decoder writes; returns its canvas, `fit()` and `show(steps, stroke, z, name)`. */
export function addWritten(parent) {
  const figure = append(parent, "figure", "vae-digit vae-stroke-figure");
  const canvas = append(figure, "canvas", "vae-stroke-written");
  canvas.setAttribute("role", "img");
  const caption = append(figure, "figcaption", "");
  const context = canvas.getContext("2d");
  const show = (steps, stroke, z, name) => {
    caption.textContent = `p(x|z), from ${name} = ${point(z)}\nmeans; pale: two sigma; grey: x`;
    canvas.setAttribute("aria-label", `the stroke that the decoder writes from ${name} = ${point(z)}`);
    const size = fitCanvas(canvas, TEXT)?.width;
    if (!size) return; // not on the page yet
    context.fillStyle = "#fff";
    context.fillRect(0, 0, size, size);
    const at = (place) => toPicture(place, size);
    const given = pairs(stroke).map(at);
    Object.assign(context, { strokeStyle: "#ddd", lineWidth: INK * size, lineCap: "round", lineJoin: "round" });
    context.beginPath();
    given.forEach((place) => context.lineTo(...place));
    context.stroke();
    const scale = at([1, 0])[0] - at([0, 0])[0];
    context.fillStyle = "#5fa8e055";
    for (const { mean, sigma } of steps) {
      context.beginPath();
      context.ellipse(...at(mean), ...sigma.map((value) => 2 * value * scale), 0, 0, 2 * Math.PI);
      context.fill();
    }
    const places = steps.map(({ mean }) => at(mean));
    paintWay(context, places, 0.35 * INK * size, COLORS.blue);
    paintNumbers(context, places, 7, COLORS.blue);
  };
  return { canvas, fit: resized(canvas), show };
}

/** What the stroke costs beside the held-out ones; returns the bars' canvas, `fit()` and `show(reconstruction, kl)`. */
export function addCost(parent, costs) {
  const mean = costs.reduce((sum, value) => sum + value, 0) / costs.length;
  const figures = append(parent, "div", "vae-draw-figures");
  const { canvas, fit, draw } = addBars(parent, costs, WHOSE, costs[Math.floor(SHOWN * (costs.length - 1))] + 20);
  const show = (reconstruction, kl) => {
    const cost = reconstruction === null ? null : reconstruction + kl;
    const known = `held-out mean: ${fixed(mean, 1)}`;
    const lines = () => [
      `reconstruction at μ ${fixed(reconstruction, 1)} + KL ${fixed(kl, 1)}`,
      `= ${fixed(cost, 1)} nats; ${known}`,
      standing(costs, cost, "held-out"), // one line of a full screen holds no more
    ];
    figures.textContent = (cost === null ? ["nothing to read", known] : lines()).join("\n");
    draw(cost);
  };
  return { canvas, fit, show };
}

/** The held-out strokes whose means lie nearest; returns `show(z)`, which says which they are. */
export function addNearest(parent, { points, labels }, strokes) {
  append(parent, "div", "vae-draw-nearest-title").textContent = `${WHOSE} nearest in z`;
  const row = append(parent, "div", "vae-digits vae-stroke-nearest");
  const parts = Array.from({ length: Math.min(NEIGHBOURS, labels.length) }, () => {
    const figure = append(row, "figure", "vae-digit");
    return { paint: addThumb(figure), caption: append(figure, "figcaption", "") };
  });
  return (z) => {
    const found = nearestPoints(points, z, parts.length);
    found.forEach((i, n) => {
      parts[n].paint(strokes.subarray(SIZE * i, SIZE * (i + 1)));
      parts[n].caption.textContent = labels[i];
    });
    return found;
  };
}

/** A latent in words. */
export function point(z) {
  return `(${z.map((value) => fixed(value)).join(", ")})`;
}
