// Two ways from one latent to another.

/** The straight line from a to b. */
export function lerp(a, b, t) {
  return a.map((value, i) => (1 - t) * value + t * b[i]);
}

/** The arc from a to b; the straight line where there is no arc. */
export function slerp(a, b, t) {
  const dot = a.reduce((sum, value, i) => sum + value * b[i], 0);
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  const omega = Math.acos(Math.min(1, Math.max(-1, lengths > 0 ? dot / lengths : 1)));
  const sine = Math.sin(omega);
  if (sine < 1e-3) return lerp(a, b, t);
  return a.map((value, i) => (Math.sin((1 - t) * omega) * value + Math.sin(t * omega) * b[i]) / sine);
}
