// A discriminator over a plane: its D(z) as a heat map, and its loss; made bit by bit, so that no frame has much to do.

import { fromPixel } from "./canvas.js";
import { lerp } from "./paths.js";
import { output } from "./tiny_net.js";

const [CELLS, COARSE, ROWS] = [64, 16, 2]; // of the heat map, each way; of its first draft; rows at once
// D = 0, 0.5 and 1, as in plots.code_flow
export const CODE = [240, 150, 60];
const WHITE = [255, 255, 255];
export const PRIOR = [80, 145, 205];

export function sigmoid(logit) {
  return 1 / (1 + Math.exp(-logit));
}

/** The colour [r, g, b] of a D(z): orange for a code, white where it can't tell, blue for a draw of the prior. */
export function colorOf(d) {
  return lerp(WHITE, d < 0.5 ? CODE : PRIOR, Math.abs(2 * d - 1)).map(Math.round);
}

/** `judge(points)`: logits of points x, y, x, y, ...; from Linear layers with ReLU between them, as Python exported them. */
export function makeJudge(exported, weights) {
  let count = 0;
  const layers = exported.filter(({ type }) => type === "linear").map(({ inputs, outputs }) => {
    const layer = { inputs, outputs, w: count, b: count + inputs * outputs }; // where they begin
    count = layer.b + outputs;
    return layer;
  });
  const wanted = layers.map(() => "linear").join(" relu "); // what `output` of tiny_net.js computes
  if (exported.map(({ type }) => type).join(" ") !== wanted) throw new Error("want Linear layers with ReLU between them");
  if (count !== weights.length) throw new Error(`${weights.length} weights came, the layers hold ${count}`);
  return (points) => output({ layers, weights }, points);
}

/** The mean cross-entropy of points; of draws if `real`, else of codes. */
export function meanLoss(judge, points, real) {
  let sum = 0;
  for (const logit of judge(points)) {
    const x = real ? -logit : logit;
    sum += Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))); // softplus
  }
  return (2 * sum) / points.length;
}

/** D(z) at the middles of `cells` x `cells` squares, from the top left; of some rows alone, if they are named. */
export function heatOf(judge, limit, cells = CELLS, [from, to] = [0, cells]) {
  const points = new Float32Array(2 * cells * (to - from));
  for (let i = 0; i < points.length / 2; i++) {
    points.set(fromPixel((i % cells) + 0.5, from + Math.floor(i / cells) + 0.5, cells, limit), 2 * i);
  }
  return judge(points).map(sigmoid);
}

/**
 * What is shown of a judge: its heat map, a coarse `picture()` at first, which each `more()` makes finer until it is
 * `done()`; and its `loss(codes)`, the mean over draws and codes, each half.
 */
export function makeJudged(judge, draws, limit) {
  let [picture, row, ofDraws] = [null, 0, null];
  const drawsLoss = () => (ofDraws ??= meanLoss(judge, draws, true));
  const draft = () => {
    picture = new OffscreenCanvas(CELLS, CELLS);
    const coarse = new OffscreenCanvas(COARSE, COARSE);
    paint(coarse, heatOf(judge, limit, COARSE), COARSE, 0);
    picture.getContext("2d").drawImage(coarse, 0, 0, CELLS, CELLS);
  };
  const refine = () => {
    paint(picture, heatOf(judge, limit, CELLS, [row, row + ROWS]), CELLS, row);
    row += ROWS;
  };
  return {
    judge,
    picture: () => picture ?? (draft(), picture),
    more: () => (picture === null ? draft() : ofDraws === null ? drawsLoss() : refine()),
    done: () => row >= CELLS,
    hasDraws: () => ofDraws !== null, // half of the loss
    loss: (codes) => 0.5 * (drawsLoss() + meanLoss(judge, codes, false)),
  };
}

function paint(canvas, heat, cells, row) {
  const paper = canvas.getContext("2d");
  const image = paper.createImageData(cells, heat.length / cells);
  heat.forEach((d, i) => image.data.set([...colorOf(d), 255], 4 * i));
  paper.putImageData(image, 0, row);
}
