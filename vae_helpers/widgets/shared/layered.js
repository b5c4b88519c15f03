// Evaluate in the browser a model with two layers of latents: z2 says what z1 is drawn from, z1 is decoded.

import { toWeights } from "./bytes.js";
import { makeDecoder, makeNetwork } from "./decoder.js";

/** `decode(z2, eps1)`: z1 = mu + sigma * eps1, where p(z1|z2) says mu and sigma, and the 784 pixel probabilities. */
export function makeLayered({ prior, decoder }) {
  const sent = ({ layers, weights, half }) => [layers, toWeights(weights, half)];
  const [say, decode] = [makeNetwork(...sent(prior)), makeDecoder(...sent(decoder))];
  return (z2, eps1) => {
    const said = say(z2);
    const z1 = Array.from(eps1, (eps, d) => said[d] + Math.exp(said[eps1.length + d] / 2) * eps);
    return { z1, ink: decode(z1) };
  };
}
