// What MNIST's makers did with a handwritten digit, for strokes on a square: from the pen's way to 28 x 28 grey pixels.

import { SIDE } from "./digit.js";

const BOX = 20; // pixels: the longer side of every digit of MNIST
const MIDDLE = SIDE / 2 - 1e-4; // a little less: what has two equal halves goes left and up, as in MNIST
export const PEN = 0.09; // the pen's width, as a share of the square's side

/**
 * Strokes, each a list of points [x, y] from 0 to 1 (down), as 784 pixels from 0 (paper) to 1 (ink): the longer side of
 * the drawing becomes 20 pixels, edges become grey, and the centre of mass comes to the middle of 28 x 28 pixels (LeCun
 * et al. 1998, section III.A). As there, the pen grows with the drawing.
 */
export function toPixels(strokes) {
  const points = strokes.flat();
  if (points.length === 0) return new Float32Array(SIDE ** 2);
  const [left, right, top, bottom] = [0, 1].flatMap((axis) => bounds(points.map((point) => point[axis])));
  const scale = BOX / Math.max(right - left, bottom - top); // pixels
  const place = ([x, y]) => [(x - left) * scale, (y - top) * scale];
  return centred(painted(strokes.map((stroke) => stroke.map(place)), (PEN / 2) * scale, BOX));
}

/**
 * As `toPixels`, but neither scaled nor centred: the square is the 28 x 28 pixels, and the strokes stay where they are.
 * The pen is then 2.5 pixels wide: the median of MNIST's.
 */
export function toPixelsInPlace(strokes) {
  const place = (point) => point.map((value) => SIDE * value);
  return painted(strokes.map((stroke) => stroke.map(place)), (PEN / 2) * SIDE, SIDE);
}

/** From where to where the ink reaches, half a pen beyond the outermost points. */
function bounds(values) {
  const ends = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [1, 0]);
  return [ends[0] - PEN / 2, ends[1] + PEN / 2];
}

/** Strokes in pixels, painted by a round pen in a box of so many: grey where its edge crosses a pixel. */
function painted(strokes, radius, box) {
  const ink = new Float32Array(SIDE ** 2);
  const reach = radius + 0.5;
  const first = (value) => Math.max(0, Math.floor(value - reach));
  const last = (value) => Math.min(box - 1, Math.floor(value + reach)); // beyond it only rounding leaves a trace
  for (const stroke of strokes) {
    stroke.forEach((to, k) => {
      const from = stroke[Math.max(0, k - 1)]; // a stroke of one point is a dot
      for (let row = first(Math.min(from[1], to[1])); row <= last(Math.max(from[1], to[1])); row++) {
        for (let column = first(Math.min(from[0], to[0])); column <= last(Math.max(from[0], to[0])); column++) {
          const inside = reach - distance([column + 0.5, row + 0.5], from, to);
          const i = SIDE * row + column;
          ink[i] = Math.max(ink[i], Math.min(1, inside));
        }
      }
    });
  }
  return ink;
}

/** From a point to a segment. */
function distance([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.min(1, Math.max(0, along));
  return Math.sqrt((x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2); // several times as fast as Math.hypot
}

/** The pixels moved by whole ones, so that their centre of mass lies in the middle; but none over an edge. */
function centred(ink) {
  let [mass, sumX, sumY, right, bottom] = [0, 0, 0, 0, 0];
  ink.forEach((value, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    mass += value;
    sumX += value * x;
    sumY += value * y;
    if (value > 0) [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
  });
  const shift = (sum, most) => Math.min(Math.max(0, Math.round(MIDDLE - sum / mass)), SIDE - 1 - most);
  const [across, down] = [shift(sumX, right), shift(sumY, bottom)];
  const moved = new Float32Array(ink.length);
  ink.forEach((value, i) => value > 0 && (moved[i + across + SIDE * down] = value));
  return moved;
}
