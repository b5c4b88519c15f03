// The map of a latent plane: the encoded images as points in their classes' colours.

import { toFloats } from "./bytes.js";
import { disc, toPixel } from "./canvas.js";

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
