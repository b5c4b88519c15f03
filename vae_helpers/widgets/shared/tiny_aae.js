// A small adversarial autoencoder that learns in the browser: the game of vae_helpers/adversarial.py, number for number.

import { backward, forward, makeAdam, makeNet, makeRandom, output } from "./tiny_net.js";

const [HIDDEN, JUDGES] = [64, [32, 32]];
const CODER = { rate: 3e-3, betas: [0.9, 0.999] }; // of encoder and decoder
const JUDGE = { rate: 3e-3, betas: [0.5, 0.999] };

const sigmoid = (value) => 1 / (1 + Math.exp(-value));
const softplus = (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));

/** Encoder, decoder and discriminator for inputs of so many numbers and codes of two, untrained. */
export function makeNets(inputs, seed) {
  const random = makeRandom(seed);
  return {
    encoder: makeNet([inputs, HIDDEN, 2], random),
    decoder: makeNet([2, HIDDEN, inputs], random),
    discriminator: makeNet([2, ...JUDGES, 1], random),
  };
}

/** The way of a batch through the encoder: its last part are the codes. */
export function encode({ encoder }, x) {
  return forward(encoder, x);
}

/** The discriminator's loss, the mean over both kinds, each half, and its gradient. The codes are mere numbers here. */
export function discriminatorPart({ discriminator }, real, codes) {
  const points = new Float32Array(real.length + codes.length);
  points.set(real);
  points.set(codes, real.length);
  const values = forward(discriminator, points);
  const [logits, each] = [values.at(-1), real.length / 2]; // as many draws as codes
  const byLogit = new Float32Array(logits.length);
  let loss = 0;
  logits.forEach((logit, n) => {
    const isReal = n < each;
    loss += (0.5 / each) * softplus(isReal ? -logit : logit);
    byLogit[n] = (0.5 / each) * (sigmoid(logit) - (isReal ? 1 : 0));
  });
  return { loss, gradient: backward(discriminator, values, byLogit).byWeights };
}

/**
 * Of a batch x whose way through the encoder is `encoded`: the squared error of an image, -log D(z), both means over the
 * batch, and the gradients of error + lambda * deceit. Those of the discriminator are thrown away: it stays as it is.
 */
export function coderPart({ encoder, decoder, discriminator }, x, encoded, lambda) {
  const codes = encoded.at(-1);
  const count = codes.length / 2;
  const decoded = forward(decoder, codes);
  const judged = forward(discriminator, codes);
  let [error, deceit] = [0, 0];
  const byPixel = decoded.at(-1).map((value, i) => {
    error += (value - x[i]) ** 2 / count;
    return (2 * (value - x[i])) / count;
  });
  const byLogit = judged.at(-1).map((logit) => {
    deceit += softplus(-logit) / count;
    return (lambda * (sigmoid(logit) - 1)) / count;
  });
  const ofDecoder = backward(decoder, decoded, byPixel);
  const byJudge = backward(discriminator, judged, byLogit).byInput;
  const byCode = ofDecoder.byInput.map((value, i) => value + byJudge[i]);
  return { error, deceit, decoder: ofDecoder.byWeights, encoder: backward(encoder, encoded, byCode).byWeights };
}

/**
 * `step(x, real, lambda)`: one step of both players, the discriminator first; returns their losses before it. Without
 * `real`, null, there is no game: only the coders learn, from their error alone, and the discriminator has no loss.
 */
export function makeGame(inputs, seed) {
  const nets = makeNets(inputs, seed);
  const learn = {
    encoder: makeAdam(nets.encoder, CODER),
    decoder: makeAdam(nets.decoder, CODER),
    discriminator: makeAdam(nets.discriminator, JUDGE),
  };
  const step = (x, real, lambda) => {
    const encoded = encode(nets, x);
    const judge = real && discriminatorPart(nets, real, encoded.at(-1));
    if (judge) learn.discriminator(judge.gradient);
    const part = coderPart(nets, x, encoded, judge ? lambda : 0);
    learn.encoder(part.encoder);
    learn.decoder(part.decoder);
    return { error: part.error, deceit: part.deceit, loss: judge?.loss ?? null };
  };
  return {
    step,
    encode: (x) => output(nets.encoder, x),
    decode: (z) => output(nets.decoder, z),
    believe: (z) => output(nets.discriminator, z).map(sigmoid), // D(z)
  };
}
