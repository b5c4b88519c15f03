// A painting as points of a plane, x, y, x, y, ...: what a brush adds, what an eraser takes, and draws of it.

import { normalDraws } from "./numbers.js";

export const MOST = 3000; // points
const SPACING = 0.06; // between the points of one stroke

/** The painting with a stroke from one place to another: a point every 0.06, so that a slow hand paints no denser. */
export function withStroke(points, from, to) {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const count = Math.floor(length / SPACING + 1e-9);
  const added = Array.from({ length: count }, (_, k) => {
    const share = ((k + 1) * SPACING) / length;
    return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
  });
  return { points: joined(points, added.flat()), end: added.at(-1) ?? from };
}

/** The painting with one more point. */
export function withPoint(points, at) {
  return joined(points, at);
}

/** Of too many points the oldest go. */
function joined(points, added) {
  const kept = points.subarray(Math.max(0, points.length + added.length - 2 * MOST));
  const all = new Float32Array(kept.length + added.length);
  all.set(kept);
  all.set(added, kept.length);
  return all;
}

/** The painting without what lies nearer to a place than `radius`. */
export function erased(points, [x, y], radius) {
  const kept = [];
  for (let i = 0; i < points.length; i += 2) {
    if (Math.hypot(points[i] - x, points[i + 1] - y) > radius) kept.push(points[i], points[i + 1]);
  }
  return Float32Array.from(kept);
}

/** So many draws: each is one of the points, a little blurred, as PointsPrior in Python has it. */
export function drawn(points, spread, count) {
  const draws = normalDraws(2 * count);
  for (let n = 0; n < count; n++) {
    const i = Math.floor((Math.random() * points.length) / 2);
    draws[2 * n] = points[2 * i] + spread * draws[2 * n];
    draws[2 * n + 1] = points[2 * i + 1] + spread * draws[2 * n + 1];
  }
  return draws;
}

/** The share of the codes that lie nearer to some point of the painting than `radius`. */
export function shareOnPaint(codes, points, radius) {
  let near = 0;
  for (let n = 0; n < codes.length; n += 2) {
    for (let i = 0; i < points.length; i += 2) {
      if ((points[i] - codes[n]) ** 2 + (points[i + 1] - codes[n + 1]) ** 2 > radius ** 2) continue;
      near++;
      break;
    }
  }
  return (2 * near) / codes.length;
}
