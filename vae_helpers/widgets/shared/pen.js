// From a line that a hand drew to a stroke like the data's: pen.py of the package is the other side.

export const POINTS = 8; // of a stroke
const UNITS = 101; // a tablet's steps: an edge is the middle of the first or last of them

/** `n` points equally far apart along a line of points [x, y]; null for a line without length. */
export function resample(points, n = POINTS) {
  let length = 0;
  const way = points.map(([x, y], i) => (length += i === 0 ? 0 : Math.hypot(x - points[i - 1][0], y - points[i - 1][1])));
  if (!(length > 0)) return null;
  let k = 1;
  return Array.from({ length: n }, (_, j) => {
    const wanted = (j / (n - 1)) * length;
    while (k < points.length - 1 && way[k] < wanted) k++;
    const share = Math.min(1, (wanted - way[k - 1]) / (way[k] - way[k - 1] || 1));
    return [0, 1].map((axis) => points[k - 1][axis] + share * (points[k][axis] - points[k - 1][axis]));
  });
}

/** Points moved and stretched until they touch all four edges; null for a line that is level or upright. */
export function stretch(points) {
  const ends = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    return [Math.min(...values), Math.max(...values)];
  });
  if (ends.some(([low, high]) => low === high)) return null;
  return points.map((point) => point.map((value, axis) => edged((value - ends[axis][0]) / (ends[axis][1] - ends[axis][0]))));
}

function edged(share) {
  return (0.5 + (UNITS - 1) * share) / UNITS;
}

/**
 * What a hand drew, lists of points [x, y] from 0 to 1 (down), as the data has it: its strokes joined in the order of
 * writing, as { places, stroke }: eight places on the paper, and the stroke x, y, x, y, ... with y upwards. Of a dot
 * both are empty, of a level or upright line the stroke.
 */
export function readHand(strokes) {
  const places = resample(strokes.flat()) ?? [];
  const stroke = places.length > 0 ? stretch(places.map(([x, y]) => [x, 1 - y])) : null;
  return { places, stroke: stroke?.flat() ?? [] };
}

/** The same stroke x, y, x, y, ... written from its end. */
export function reversed(stroke) {
  const count = stroke.length / 2;
  return Array.from({ length: count }, (_, i) => stroke.slice(2 * (count - i) - 2, 2 * (count - i))).flat();
}
