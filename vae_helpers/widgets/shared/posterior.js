// A Gaussian q(z|x) on a map.

import { drawCross, strokeRimmed } from "./canvas.js";
import { paintLens } from "./lens.js";
import { label } from "./map.js";
import { paintCross } from "./plane.js";

/** q(z|x) on the map with arms that point at mu, and enlarged; and z, where a hand has taken it. */
export function paintPosterior(q, z, map, context, place, unit) {
  if (q && q.mu.some((value) => Math.abs(value) > map.limit)) {
    paintArrow(q.mu, map.limit, context, place, unit);
    const [x, y] = place(0, -map.limit);
    label(context, "μ lies beyond the edge", [x, y - 64 * unit], "center", unit); // clear of the arrow, whatever its way
  } else if (q) {
    const scale = place(1, 0)[0] - place(0, 0)[0];
    const centre = place(...q.mu);
    const from = 2 * scale * Math.max(...q.sigma) + 3 * unit;
    context.beginPath();
    for (const [right, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(centre[0] + from * right, centre[1] + from * down);
      context.lineTo(centre[0] + (from + 9 * unit) * right, centre[1] + (from + 9 * unit) * down);
    }
    strokeRimmed(context, { width: 2.5 * unit, rim: 6 * unit });
    paintGaussian(context, q, centre, scale, unit);
    const inside = (placed, larger) => paintGaussian(context, q, placed(q.mu), larger, unit);
    paintLens(context, map, q, context.canvas.width, unit, inside);
  }
  if (z) paintCross(z, context, place, unit);
}

/** Where the way from the middle to a mu beyond the edge leaves the map. */
function paintArrow(mu, limit, context, place, unit) {
  const edge = limit / Math.max(...mu.map(Math.abs));
  const [tip, tail] = [0.98, 0.8].map((part) => place(...mu.map((value) => part * edge * value)));
  const angle = Math.atan2(tip[1] - tail[1], tip[0] - tail[0]);
  context.beginPath();
  context.moveTo(...tail);
  context.lineTo(...tip);
  for (const turn of [2.6, -2.6]) {
    context.moveTo(...tip);
    context.lineTo(tip[0] + 14 * unit * Math.cos(angle + turn), tip[1] + 14 * unit * Math.sin(angle + turn));
  }
  strokeRimmed(context, { width: 3.5 * unit, rim: 7 * unit });
}

/** The mean as a cross, and the ellipses of one and two sigma. */
function paintGaussian(context, { sigma }, centre, scale, unit) {
  for (const times of [2, 1]) {
    context.beginPath();
    context.ellipse(...centre, ...sigma.map((value) => times * value * scale), 0, 0, 2 * Math.PI);
    strokeRimmed(context, { width: 2 * unit, rim: 4.5 * unit });
  }
  drawCross(context, centre, { to: 3 * unit, width: 1.5 * unit, rim: 3 * unit });
}
