// Evaluate in the browser a decoder that writes a stroke point by point: pen_decoder.py is the other side.

import { makePointGRU } from "./point_gru.js";

/**
 * `write(z, noise, temperature)`: the decoder reads what it has written itself, and each point is
 * mean + temperature * sigma * noise. `read(z, points)`: it reads the points given. Both return for each point
 * { mean, sigma, point }: what the decoder said of it before it came, and the point that it then read.
 */
export function makePen({ blind, floor, ...sizes }, weights) {
  const { embed, cell, answer } = makePointGRU(sizes, weights);
  const unseen = new Float32Array(sizes.embedding);

  const run = (z, count, pointAt) => {
    let [state, before] = [cell.start(), [0, 0]]; // before the first point stands (0, 0)
    return Array.from({ length: count }, (_, k) => {
      state = cell.step([...(blind ? unseen : embed(before)), ...z], state);
      const said = answer(state);
      const mean = [said[0], said[1]];
      const sigma = [said[2], said[3]].map((raw) => Math.sqrt(Math.exp(raw) + floor ** 2));
      before = pointAt(k, mean, sigma);
      return { mean, sigma, point: before };
    });
  };
  const write = (z, noise, temperature) =>
    run(z, noise.length / 2, (k, mean, sigma) => mean.map((value, axis) => value + temperature * sigma[axis] * noise[2 * k + axis]));
  const read = (z, points) => run(z, points.length, (k) => points[k]);
  return { write, read };
}

/** -log p of the points that were read, given what was said of each; in nats. */
export function nllOf(steps) {
  const one = (mean, sigma, value) => 0.5 * (Math.log(2 * Math.PI) + ((value - mean) / sigma) ** 2) + Math.log(sigma);
  return steps.reduce((sum, { mean, sigma, point }) => sum + one(mean[0], sigma[0], point[0]) + one(mean[1], sigma[1], point[1]), 0);
}
