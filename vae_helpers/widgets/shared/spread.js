// How the costs of many are spread, and where one's own is among them: in words, and as bars.

import { fitCanvas, strokeRimmed } from "./canvas.js";
import { append } from "./dom.js";

const TEXT = 13; // height of the canvas's text, in the units that it is drawn in
const BARS = 40;
const COUNT = new Intl.NumberFormat("en"); // made once: it takes as long as a network

/** Where a value stands among sorted ones, in words; `whose` says what they are. */
export function standing(sorted, value, whose) {
  const below = sorted.findIndex((one) => one >= value);
  const all = `${COUNT.format(sorted.length)} ${whose}`;
  if (below === 0) return `less than all ${all}`;
  if (below < 0) return `more than all ${all}`;
  return `more than ${Math.floor((100 * below) / sorted.length)} % of ${all}`;
}

/**
 * How the sorted costs of what is called `whose` are spread, from the least to `most`, and where another one is.
 * Returns the canvas, these costs, `fit()`, which says whether it has another size, and `draw(cost)`, of null
 * without the other.
 */
export function addBars(parent, costs, whose, most = costs[0] + 1.3 * (costs.at(-1) - costs[0])) {
  const canvas = append(parent, "canvas", "vae-draw-bars");
  canvas.setAttribute("role", "img");
  const context = canvas.getContext("2d");
  const least = costs[0];
  const counts = new Array(BARS).fill(0);
  const bar = (cost) => Math.floor((BARS * (cost - least)) / (most - least || 1));
  costs.filter((cost) => cost < most || cost === least).forEach((cost) => (counts[bar(cost)] += 1));
  const highest = Math.max(...counts);
  let size = null;
  const fit = () => {
    const before = size;
    size = fitCanvas(canvas, TEXT);
    return Boolean(size) && (before?.width !== size.width || before?.height !== size.height);
  };
  const draw = (cost) => {
    const own = cost === null ? "" : `; this one costs ${standing(costs, cost, whose)}`;
    canvas.setAttribute("aria-label", `how the costs of ${whose} are spread${own}`);
    if (!size) return;
    const { width, height } = size;
    context.clearRect(0, 0, width, height);
    context.fillStyle = "#888";
    counts.forEach((count, k) => {
      const high = (count / highest) * (height - 2);
      context.fillRect((k * width) / BARS, height - high, width / BARS - 0.5, high);
    });
    if (cost === null) return;
    const x = Math.min(Math.max(((cost - least) / (most - least || 1)) * width, 2), width - 2);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    strokeRimmed(context, { width: 3, rim: 5, color: "#b00000" });
  };
  return { canvas, costs, fit, draw };
}
