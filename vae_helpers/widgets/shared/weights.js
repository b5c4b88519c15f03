// Importance weights, given as their logs: what the mean of the first k of them is, in some order, and who carries it.

import { makeRandom } from "./tiny_net.js";

/** The places 0 to count - 1 in an order that is the same for the same seed; with seed 0 as they are. */
export function orderOf(count, seed) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  if (seed === 0) return order;
  const random = makeRandom(seed);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((i + 1) * random());
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The log of the mean of the first k weights, for k from 1 to `most`: from each sum the largest so far is set apart. */
export function pathOf(logs, order, most) {
  const path = new Float64Array(most);
  let [largest, sum] = [-Infinity, 0];
  for (let i = 0; i < most; i++) {
    const log = logs[order[i]];
    if (log > largest) {
      sum = sum * Math.exp(largest - log) + 1;
      largest = log;
    } else {
      sum += Math.exp(log - largest);
    }
    path[i] = largest + Math.log(sum / (i + 1));
  }
  return path;
}

/** Of the first k draws: the bound, the effective sample size, and the largest weight's place and share of the sum. */
export function figuresOf(logs, order, k) {
  let place = order[0];
  for (let i = 1; i < k; i++) if (logs[order[i]] > logs[place]) place = order[i];
  let [sum, squares] = [0, 0];
  for (let i = 0; i < k; i++) {
    const weight = Math.exp(logs[order[i]] - logs[place]);
    sum += weight;
    squares += weight * weight;
  }
  return { bound: logs[place] + Math.log(sum / k), effective: (sum * sum) / squares, place, share: 1 / sum };
}

/** Of the first k draws, in bins from `low` to `high`: the share of the draws in each, and their share of the sum. */
export function sharesOf(logs, order, k, { low, high, bins }) {
  const { place, share } = figuresOf(logs, order, k);
  const [draws, weights] = [new Float64Array(bins), new Float64Array(bins)];
  const binOf = (log) => Math.min(bins - 1, Math.max(0, Math.floor(((log - low) / (high - low)) * bins)));
  for (let i = 0; i < k; i++) {
    const log = logs[order[i]];
    draws[binOf(log)] += 1 / k;
    weights[binOf(log)] += share * Math.exp(log - logs[place]);
  }
  return { draws, weights, bin: binOf(logs[place]), share };
}

export function meanOf(logs) {
  return logs.reduce((sum, log) => sum + log, 0) / logs.length;
}
