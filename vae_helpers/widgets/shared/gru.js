// Evaluate a GRU in the browser, one step at a time, as PyTorch defines it: gru.py is the other side.

const sigmoid = (value) => 1 / (1 + Math.exp(-value));

/**
 * `step(x, h)`: the state after one more input, for the sizes and weights that Python exported; `start()` is the first
 * state, of zeros. Both lists stay as they are. The gates r (reset), z (update) and n (new) stand side by side:
 *
 *     r = sigmoid(Wr x + br + Ur h + cr)
 *     z = sigmoid(Wz x + bz + Uz h + cz)
 *     n = tanh(Wn x + bn + r (Un h + cn))
 *     h' = (1 - z) n + z h
 */
export function makeGRU({ inputs, size }, weights) {
  const wanted = 3 * size * (inputs + size + 2);
  if (weights.length !== wanted) throw new Error(`${weights.length} weights came, the GRU holds ${wanted}`);
  const split = 3 * size * (inputs + 1); // weights and biases for the input; those for the state follow
  const ofInput = affine(inputs, 3 * size, weights.subarray(0, split));
  const ofState = affine(size, 3 * size, weights.subarray(split));
  const step = (x, h) => {
    if (x.length !== inputs) throw new Error(`the GRU takes ${inputs} values, got ${x.length}`);
    const [a, b, after] = [ofInput(x), ofState(h), new Float32Array(size)];
    for (let i = 0; i < size; i++) {
      const r = sigmoid(a[i] + b[i]);
      const z = sigmoid(a[size + i] + b[size + i]);
      const n = Math.tanh(a[2 * size + i] + r * b[2 * size + i]);
      after[i] = (1 - z) * n + z * h[i];
    }
    return after;
  };
  return { start: () => new Float32Array(size), step };
}

/** `x -> x W + b`. Four inputs at a time: to read and write the sums takes longer than to multiply. */
function affine(inputs, outputs, weights) {
  return (x) => {
    const y = weights.slice(inputs * outputs); // the biases
    let [i, at] = [0, 0]; // an input, and where its weights begin
    for (; i + 3 < inputs; i += 4, at += 4 * outputs) {
      const [a, b, c, d] = [x[i], x[i + 1], x[i + 2], x[i + 3]];
      const [atB, atC, atD] = [at + outputs, at + 2 * outputs, at + 3 * outputs];
      for (let j = 0; j < outputs; j++) {
        y[j] += a * weights[at + j] + b * weights[atB + j] + c * weights[atC + j] + d * weights[atD + j];
      }
    }
    for (; i < inputs; i++, at += outputs) {
      for (let j = 0; j < outputs; j++) y[j] += x[i] * weights[at + j];
    }
    return y;
  };
}
