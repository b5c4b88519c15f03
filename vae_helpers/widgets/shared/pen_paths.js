// Strokes of a few points, drawn as a pen would go: a smooth curve through them.

const FINE = 10; // pieces of the curve from one point to the next

/** Where a pen is at `u` points along its way, from 0 to points - 1: Catmull and Rom's curve goes through each point. */
export function penAt(points, u) {
  const last = points.length - 1;
  const k = Math.min(Math.floor(u), last - 1);
  const s = u - k;
  const [before, from, to, after] = [k - 1, k, k + 1, k + 2].map((i) => points[Math.min(Math.max(i, 0), last)]);
  return [0, 1].map((axis) => {
    const [a, b, c, d] = [before[axis], from[axis], to[axis], after[axis]];
    return b + 0.5 * s * (c - a + s * (2 * a - 5 * b + 4 * c - d + s * (3 * (b - c) + d - a)));
  });
}

/** The way of a pen from the first point up to `u`. */
export function penWay(points, u = points.length - 1) {
  const whole = Math.floor(u * FINE + 1e-9);
  const way = Array.from({ length: whole + 1 }, (_, i) => penAt(points, i / FINE));
  return whole < u * FINE ? [...way, penAt(points, u)] : way;
}

/** Where a point lies on a square canvas of `size`; strokes fill 0 to 1, y up, and noise may lead a little beyond. */
export function onPaper([x, y], size, margin = 0.14) {
  const scale = size / (1 + 2 * margin);
  return [(x + margin) * scale, (1 + margin - y) * scale];
}

/** Draw a way as one line. */
export function strokeWay(context, way, size, { color, width, dash = [] }) {
  Object.assign(context, { strokeStyle: color, lineWidth: width, lineCap: "round", lineJoin: "round" });
  context.setLineDash(dash);
  context.beginPath();
  way.forEach((point, i) => (i ? context.lineTo(...onPaper(point, size)) : context.moveTo(...onPaper(point, size))));
  context.stroke();
  context.setLineDash([]);
}
