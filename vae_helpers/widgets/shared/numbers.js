// Numbers: kept in bounds, written, and drawn at random.

/** The value, or the end of -limit to limit that it lies beyond. */
export function clamp(value, limit) {
  return Math.min(Math.max(value, -limit), limit);
}

/** A number to so many decimals, with a minus sign that can be seen, and none on a zero. */
export function fixed(value, decimals = 2) {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** So many draws from N(0, 1), by Box and Muller. */
export function normalDraws(count) {
  const draw = () => Math.sqrt(-2 * Math.log1p(-Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return Float32Array.from({ length: count }, draw);
}

/** A stroke x, y, x, y, ... as its points [x, y]. */
export function pairs(stroke) {
  return Array.from({ length: stroke.length / 2 }, (_, i) => [stroke[2 * i], stroke[2 * i + 1]]);
}
