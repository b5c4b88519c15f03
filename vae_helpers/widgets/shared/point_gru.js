// The GRU of a recurrent VAE that reads points, as an encoder or as a decoder: export_point_gru of gru.py is the other side.

import { makeNetwork } from "./decoder.js";
import { makeGRU } from "./gru.js";

const linear = (inputs, outputs) => ({ type: "linear", inputs, outputs });

/** How many weights there are for these sizes, as Python exported them. */
export function weightsOf({ embedding, gru, outputs }) {
  return 3 * embedding + 3 * gru.size * (gru.inputs + gru.size + 2) + outputs * (gru.size + 1);
}

/** Its parts: `embed(point)`, the `cell` that reads that (and what it is told besides), and `answer(state)`. */
export function makePointGRU({ embedding, gru, outputs }, weights) {
  const wanted = weightsOf({ embedding, gru, outputs });
  if (weights.length !== wanted) throw new Error(`${weights.length} weights came, the GRU of points holds ${wanted}`);
  const [first, last] = [3 * embedding, wanted - outputs * (gru.size + 1)]; // where the GRU's begin, and the answer's
  return {
    embed: makeNetwork([linear(2, embedding)], weights.subarray(0, first)),
    cell: makeGRU(gru, weights.subarray(first, last)),
    answer: makeNetwork([linear(gru.size, outputs)], weights.subarray(last)),
  };
}
