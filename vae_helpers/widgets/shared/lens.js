// A part of a map, enlarged in a corner of it: most clouds are small.

import { disc, strokeRimmed, toPixel } from "./canvas.js";
import { label } from "./map.js";

const LENS = { radius: 42, times: [5, 2] };

/**
 * The neighbourhood of a Gaussian's mean, enlarged, in a corner, or in the next one if the mean is there. `size` is the
 * map's, `unit` pixels to 1 px of CSS. `paintCloud(place, scale)` paints the Gaussian, `scale` pixels to a unit of z.
 */
export function paintLens(context, { points, labels, colors, limit }, { mu, sigma }, size, unit, paintCloud) {
  const radius = Math.min(LENS.radius * unit, size / 7); // or it would hide too much of a small map
  const units = size / (2 * limit);
  const times = LENS.times.find((one) => 2 * Math.max(...sigma) * units * one < radius) ?? LENS.times.at(-1);
  const [x, y] = toPixel(...mu, size, limit);
  const [left, above] = [size - radius - 8 * unit, radius + 8 * unit];
  const below = size - radius - 24 * unit; // below it is the name of the axis
  const top = Math.hypot(x - left, y - above) < 1.6 * radius ? below : above; // it would jump about if it were farthest
  context.save();
  context.beginPath();
  context.arc(left, top, radius, 0, 2 * Math.PI);
  strokeRimmed(context, { width: 2 * unit, rim: 5 * unit });
  context.fillStyle = "#fff";
  context.fill();
  context.clip();
  const scale = times * units;
  const place = (z) => [left + (z[0] - mu[0]) * scale, top - (z[1] - mu[1]) * scale];
  context.globalAlpha = 0.5;
  labels.forEach((one, i) => {
    const at = place([points[2 * i], points[2 * i + 1]]);
    if (Math.hypot(at[0] - left, at[1] - top) < radius + 3 * unit) disc(context, at, 3 * unit, colors[one]);
  });
  context.globalAlpha = 1;
  paintCloud(place, scale);
  context.restore();
  label(context, `× ${times}`, [left, top + (top < size / 2 ? radius + 10 * unit : -radius - 10 * unit)], "center", unit);
}
