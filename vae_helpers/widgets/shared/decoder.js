// Evaluate networks in the browser: MLPs of Linear, LayerNorm and ReLU.

import { toFloats } from "./bytes.js";
import { connectKernel } from "./kernel_decoder.js";

/** `run(x)`: what comes out of the last layer, for the layers and weights that Python exported. */
export function makeNetwork(layers, weights) {
  let offset = 0;
  const take = (n) => weights.subarray(offset, (offset += n));
  const steps = layers.map((layer) => {
    if (layer.type === "linear") {
      const w = take(layer.inputs * layer.outputs);
      const b = take(layer.outputs);
      return (x) => linear(x, w, b);
    }
    if (layer.type === "layernorm") {
      const gain = take(layer.size);
      const bias = take(layer.size);
      return (x) => layerNorm(x, gain, bias, layer.eps);
    }
    if (layer.type === "relu") return (x) => x.map((value) => Math.max(value, 0));
    throw new Error(`unknown layer type "${layer.type}"`);
  });
  if (offset !== weights.length) throw new Error(`${weights.length} weights came, the layers hold ${offset}`);
  const size = layers[0].inputs;
  return (x) => {
    if (x.length !== size) throw new Error(`the network takes ${size} values, got ${x.length}`);
    return steps.reduce((values, step) => step(values), Float32Array.from(x));
  };
}

/** `decode(z)`: latent -> 784 pixel probabilities. */
export function makeDecoder(layers, weights) {
  const run = makeNetwork(layers, weights);
  return (z) => run(z).map((value) => 1 / (1 + Math.exp(-value)));
}

/**
 * What decodes for a view. `addPlace(draw)`, with what `addDigit` returned, gives `show(z, caption)`. The browser shows the
 * digit at once; where Python sent no layers the kernel is asked, and the old digit stays until its answer.
 */
export function connectDecoder(model, el) {
  const layers = model.get("layers");
  if (layers.length === 0) return connectKernel(model, el);
  return connectBrowser(makeDecoder(layers, toFloats(model.get("weights"))), layers[0].inputs);
}

/** As `connectKernel`, for what the browser computes itself: each place has its answer at once. */
export function connectBrowser(run, size) {
  return { size, addPlace: (draw) => (x, caption) => draw(run(x), caption), stop: () => {} };
}

function linear(x, w, b) {
  const y = Float32Array.from(b);
  for (let i = 0, row = 0; i < x.length; i++, row += y.length) {
    const value = x[i];
    if (value === 0) continue; // after a ReLU about half of them are
    for (let j = 0; j < y.length; j++) y[j] += value * w[row + j];
  }
  return y;
}

function layerNorm(x, gain, bias, eps) {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const scale = 1 / Math.sqrt(variance + eps);
  return x.map((value, i) => (value - mean) * scale * gain[i] + bias[i]);
}
