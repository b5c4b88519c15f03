// What latents tell about factors, in nats, from counts: as disentanglement.py has it.

/** The entropy of what was counted, in nats. */
export function entropyOf(counts) {
  let [total, sum] = [0, 0];
  for (const count of counts) {
    total += count;
    if (count > 0) sum += count * Math.log(count);
  }
  return Math.log(total) - sum / total;
}

/** A factor, whole numbers from 0, with how many values it has and its entropy. */
export function asFactor(values) {
  const size = values.reduce((most, value) => Math.max(most, value), 0) + 1;
  const counts = new Uint32Array(size);
  for (const value of values) counts[value]++;
  return { values, size, entropy: entropyOf(counts) };
}

/** In which of equal bins, from the smallest value to the largest, each value lies. */
export function binned(values, bins) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const width = high > low ? (high - low) / bins : 1;
  const found = new Uint16Array(values.length);
  for (let n = 0; n < values.length; n++) found[n] = Math.min(Math.floor((values[n] - low) / width), bins - 1);
  return found;
}

/** The mutual information of a latent with each factor: H(bin) + H(factor) - H(both). */
export function informationOf(latent, factors, bins) {
  const bin = binned(latent, bins);
  const single = new Uint32Array(bins);
  for (const k of bin) single[k]++;
  const own = entropyOf(single);
  return factors.map(({ values, size, entropy }) => {
    const joint = new Uint32Array(bins * size);
    for (let n = 0; n < bin.length; n++) joint[bin[n] * size + values[n]]++;
    return own + entropy - entropyOf(joint);
  });
}

/**
 * For each factor what the latent that tells most tells about it, `first`, and the next, `second`, both as shares of the
 * factor's entropy; `gap` between them, and which latent is `best`. `information` has a row a latent.
 */
export function gapsOf(information, factors) {
  return factors.map(({ entropy }, k) => {
    const told = information.map((row) => row[k] / entropy);
    const order = told.map((_, d) => d).sort((a, b) => told[b] - told[a]);
    const [first, second] = [told[order[0]], told[order[1]]];
    return { first, second, gap: first - second, best: order[0] };
  });
}

/** The mutual information gap: the mean of the gaps. */
export function meanGap(gaps) {
  return gaps.reduce((sum, { gap }) => sum + gap, 0) / gaps.length;
}
