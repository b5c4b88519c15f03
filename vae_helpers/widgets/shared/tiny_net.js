// Small networks that learn in the browser: layers with ReLU between them, their gradients by hand, and Adam.
// A batch is one list of numbers, row after row; all weights of a network are one list too, as are their gradients.

/** Numbers from 0 to 1 that are the same for the same seed ("mulberry32"). */
export function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A network of these sizes, [inputs, hidden, ..., outputs]. `weights` holds each layer's matrix W (inputs x outputs, for
 * y = x W + b) and then its b; at first all are uniform within 1 / sqrt(inputs), as PyTorch's are.
 */
export function makeNet(sizes, random) {
  let count = 0;
  const layers = sizes.slice(1).map((outputs, k) => {
    const layer = { inputs: sizes[k], outputs, w: count, b: count + sizes[k] * outputs }; // where they begin
    count = layer.b + outputs;
    return layer;
  });
  const weights = new Float32Array(count);
  for (const { inputs, outputs, w, b } of layers) {
    for (let i = w; i < b + outputs; i++) weights[i] = (2 * random() - 1) / Math.sqrt(inputs);
  }
  return { layers, weights };
}

/** What goes through the network for a batch: [x, each hidden layer after its ReLU, the output]. */
export function forward({ layers, weights }, x) {
  const values = [x];
  layers.forEach((layer, k) => {
    const y = affine(layer, weights, values[k]);
    if (k < layers.length - 1) for (let i = 0; i < y.length; i++) if (y[i] < 0) y[i] = 0;
    values.push(y);
  });
  return values;
}

/** Only the output. */
export function output(net, x) {
  return forward(net, x).at(-1);
}

function affine({ inputs, outputs, w, b }, weights, x) {
  const rows = x.length / inputs;
  const y = new Float32Array(rows * outputs);
  for (let n = 0; n < rows; n++) {
    const out = n * outputs;
    for (let j = 0; j < outputs; j++) y[out + j] = weights[b + j];
    for (let i = 0; i < inputs; i++) {
      const value = x[n * inputs + i];
      if (value === 0) continue; // after a ReLU about half of them are
      const row = w + i * outputs;
      for (let j = 0; j < outputs; j++) y[out + j] += value * weights[row + j];
    }
  }
  return y;
}

/**
 * The chain rule, from the output back to the input: with `values` of `forward` and the loss's gradient by each output,
 * the loss's gradient by each of the `weights` and by each input.
 */
export function backward({ layers, weights }, values, byOutput) {
  const byWeights = new Float32Array(weights.length);
  let by = byOutput;
  for (let k = layers.length - 1; k >= 0; k--) by = layerBackward(layers[k], weights, values[k], by, byWeights, k > 0);
  return { byWeights, byInput: by };
}

/** One layer: adds to `byWeights`, returns the gradient by its input; behind a ReLU it is 0 where the ReLU gave 0. */
function layerBackward({ inputs, outputs, w, b }, weights, x, by, byWeights, behindReLU) {
  const rows = x.length / inputs;
  const byInput = new Float32Array(x.length);
  for (let n = 0; n < rows; n++) {
    const out = n * outputs;
    for (let j = 0; j < outputs; j++) byWeights[b + j] += by[out + j];
    for (let i = 0; i < inputs; i++) {
      const value = x[n * inputs + i];
      if (value === 0 && behindReLU) continue;
      const row = w + i * outputs;
      let sum = 0;
      for (let j = 0; j < outputs; j++) {
        byWeights[row + j] += value * by[out + j];
        sum += weights[row + j] * by[out + j];
      }
      byInput[n * inputs + i] = sum;
    }
  }
  return byInput;
}

/** Adam (Kingma and Ba 2015, algorithm 1) for one network's weights; returns `step(gradient)`, which changes them. */
export function makeAdam({ weights }, { rate, betas: [beta1, beta2], epsilon = 1e-8 }) {
  const [mean, square] = [new Float32Array(weights.length), new Float32Array(weights.length)];
  let steps = 0;
  return (gradient) => {
    steps++;
    const [scale1, scale2] = [1 / (1 - beta1 ** steps), 1 / (1 - beta2 ** steps)];
    for (let i = 0; i < weights.length; i++) {
      mean[i] = beta1 * mean[i] + (1 - beta1) * gradient[i];
      square[i] = beta2 * square[i] + (1 - beta2) * gradient[i] ** 2;
      weights[i] -= (rate * mean[i] * scale1) / (Math.sqrt(square[i] * scale2) + epsilon);
    }
  };
}
