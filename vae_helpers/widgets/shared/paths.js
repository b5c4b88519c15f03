// Two ways from one latent to another.

/** The straight line from a to b. */
export function lerp(a, b, t) {
  return a.map((value, i) => (1 - t) * value + t * b[i]);
}

/** From a to b with the direction along the arc and the length in a straight line; the straight line from or to 0. */
export function arc(a, b, t) {
  const [start, end] = [Math.hypot(...a), Math.hypot(...b)];
  if (start === 0 || end === 0) return lerp(a, b, t);
  const direction = slerp(a.map((value) => value / start), b.map((value) => value / end), t);
  return direction.map((value) => ((1 - t) * start + t * end) * value);
}

/** The arc between two directions, vectors of length 1; the straight line where there is no arc. */
function slerp(a, b, t) {
  const cosine = a.reduce((sum, value, i) => sum + value * b[i], 0);
  const omega = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(omega);
  if (sine < 1e-3) return lerp(a, b, t);
  return a.map((value, i) => (Math.sin((1 - t) * omega) * value + Math.sin(t * omega) * b[i]) / sine);
}
