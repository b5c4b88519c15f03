// The map of a latent plane: the encoded images as points in their classes' colours.

import { toFloats } from "./bytes.js";
import { disc, strokeRimmed, toPixel, write } from "./canvas.js";
import { percent, radiusOf } from "./prior.js";

const SHARES = [0.5, 0.9, 0.99]; // of the prior
const CIRCLES = SHARES.map((share) => ({ radius: radiusOf(share), text: percent(share).replace(" ", "\u2009") }));

/** The encoded images that Python sent for a map. */
export function readMap(model) {
  const [labels, colors, limit] = ["point_labels", "colors", "limit"].map((name) => model.get(name));
  return { points: toFloats(model.get("points")), labels, colors, limit };
}

/** A new white picture of `size` pixels with the map's points in their classes' colours; `unit` pixels to 1 px of CSS. */
export function paintPoints({ points, labels, colors, limit }, size, unit) {
  const background = new OffscreenCanvas(size, size);
  const paper = background.getContext("2d");
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, size, size);
  paper.globalAlpha = 0.75;
  labels.forEach((label, i) => {
    disc(paper, toPixel(points[2 * i], points[2 * i + 1], size, limit), 2 * unit, colors[label]);
  });
  paper.globalAlpha = 1;
  return background;
}

/**
 * All of a map that stays, for a canvas: the points, the circles of the prior (an autoencoder has none), the classes'
 * digits, and figures along two edges.
 */
export function paintMap(map, canvas, unit, prior = true) {
  const background = paintPoints(map, canvas.width, unit);
  const layers = [...(prior ? [paintCircles] : []), nameClasses, paintAxes];
  for (const paint of layers) paint(background.getContext("2d"), map, canvas.width, unit);
  return background;
}

/** Circles around the origin, each with its text: a map's own, or those that hold 50, 90 and 99 % of the prior. */
export function paintCircles(paper, { limit, circles = CIRCLES }, size, unit) {
  for (const { radius, text } of circles) {
    paper.beginPath();
    paper.arc(...toPixel(0, 0, size, limit), (radius * size) / (2 * limit), 0, 2 * Math.PI);
    // dots, on a pale line that parts them from the points
    strokeRimmed(paper, { width: 1.5 * unit, rim: 3 * unit, rimColor: "#fffa", dash: [1.5 * unit, 3 * unit] });
    label(paper, text, toPixel(0, radius, size, limit), "center", unit);
  }
}

/** Figures along two edges, at most eleven on each, and the names of the axes. */
export function paintAxes(paper, { limit, axes = ["z₁", "z₂"] }, size, unit) {
  const step = Math.max(1, Math.ceil(limit / 6));
  for (let value = step * Math.ceil(1 / step - limit / step); value <= limit - 1; value += step) {
    label(paper, value, [toPixel(value, 0, size, limit)[0], size - 10 * unit], "center", unit);
    label(paper, value, [6 * unit, toPixel(0, value, size, limit)[1]], "left", unit);
  }
  label(paper, axes[0], [size - 6 * unit, size - 10 * unit], "right", unit);
  label(paper, axes[1], [6 * unit, 10 * unit], "left", unit);
}

/** Text on a map, 13 px of CSS high. */
export function label(paper, text, at, textAlign, unit) {
  const font = `${13 * unit}px sans-serif`;
  write(paper, text, at, { rim: 4 * unit, fillStyle: "#111", font, textBaseline: "middle", textAlign });
}

/** Which k of the points x, y, x, y, ... are the nearest to z, the nearest first. */
export function nearestPoints(points, z, k) {
  const found = []; // at most k, the nearest first: to sort all points would take ten times as long
  for (let i = 0; i < points.length / 2; i++) {
    const squared = (points[2 * i] - z[0]) ** 2 + (points[2 * i + 1] - z[1]) ** 2;
    let place = found.length;
    while (place > 0 && found[place - 1].squared > squared) place--;
    if (place === k) continue;
    found.splice(place, 0, { i, squared });
    if (found.length > k) found.pop();
  }
  return found.map(({ i }) => i);
}

/** The most common label of the k points nearest to z; of equally common ones, that of the nearest. */
export function labelAround({ points, labels }, z, k) {
  const found = nearestPoints(points, z, k).map((i) => labels[i]);
  const count = (label) => found.filter((one) => one === label).length;
  return found.reduce((best, label) => (count(label) > count(best) ? label : best));
}

/** Each class's digit at the median of its points: colours alone would leave some readers out. */
export function nameClasses(paper, { points, labels, limit }, size, unit) {
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  Object.assign(paper, { font: `bold ${13 * unit}px sans-serif`, textAlign: "center", textBaseline: "middle" });
  const names = [...new Set(labels)];
  const medians = names.map((label) => {
    const own = labels.flatMap((value, i) => (value === label ? [i] : []));
    const [x, y] = [0, 1].map((axis) => median(own.map((i) => points[2 * i + axis])));
    return toPixel(x, y, size, limit);
  });
  spread(medians, 16 * unit).forEach((at, k) => {
    disc(paper, at, 8.5 * unit, "#fff");
    paper.fillStyle = "#111";
    paper.fillText(names[k], ...at);
  });
}

/** The places moved apart, by as little as it takes, until any two are about `least` from each other. */
export function spread(places, least) {
  const moved = places.map((place) => [...place]);
  for (let round = 0; round < 20; round++) {
    moved.forEach((a, i) =>
      moved.slice(0, i).forEach((b) => {
        const [dx, dy] = [a[0] - b[0] || 1e-6, a[1] - b[1]];
        const push = Math.max(0, least / Math.hypot(dx, dy) - 1) / 2;
        [a[0], a[1], b[0], b[1]] = [a[0] + push * dx, a[1] + push * dy, b[0] - push * dx, b[1] - push * dy];
      }),
    );
  }
  return moved;
}
