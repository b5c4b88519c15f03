// Evaluate in the browser an encoder that reads a stroke point by point: export_point_gru of gru.py is the other side.

import { gaussianOf } from "./gaussian.js";
import { makePointGRU } from "./point_gru.js";

/** `read(stroke)`: the q(z|x) of a stroke x, y, x, y, ... as { mu, sigma, kl }. */
export function makePenEncoder(sizes, weights) {
  const { embed, cell, answer } = makePointGRU(sizes, weights);
  return (stroke) => {
    let state = cell.start();
    for (let i = 0; i < stroke.length; i += 2) state = cell.step(embed([stroke[i], stroke[i + 1]]), state);
    return gaussianOf([...answer(state)]);
  };
}
