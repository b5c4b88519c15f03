// Names, letter by letter: what a model expects next, and what is drawn from that.

import { makeNetwork } from "./decoder.js";
import { makeGRU } from "./gru.js";

const REMEMBERED = 3000; // beginnings of names, about 1 kB each

/** The text in small letters, each one character: a Turkish I is a capital ı, and İ a capital i anywhere. */
export function lowered(text, turkish) {
  const composed = text.normalize("NFC").replaceAll("İ", "i");
  return (turkish ? composed.replaceAll("I", "ı") : composed).toLowerCase().normalize("NFC");
}

/** A name with a capital: of the Turkish i it is İ. */
export function capitalised(name, turkish) {
  const first = name.slice(0, 1);
  return (turkish && first === "i" ? "İ" : first.toUpperCase()) + name.slice(1);
}

/** What of a text can begin a name: its letters, and those that had to be left out. */
export function readPrefix(text, alphabet, longest, turkish) {
  const letters = [...lowered(text, turkish)];
  const refused = letters.filter((letter) => !alphabet.includes(letter));
  return { prefix: letters.filter((letter) => alphabet.includes(letter)).join("").slice(0, longest), refused };
}

/**
 * What the model expects after the first letters of a name: `next(text)` gives a logit for the end and for each letter of
 * the alphabet. Names that begin alike share the work: each beginning is computed once.
 */
export function makeReader({ network, embedding, gru, head, alphabet }, told) {
  const size = network.embedding;
  const cell = makeGRU(network.gru, gru);
  const answer = makeNetwork([{ type: "linear", inputs: network.gru.size, outputs: network.letters }], head);
  const known = new Map();
  const after = (text) => {
    if (known.has(text)) return known.get(text);
    const letter = alphabet.indexOf(text.slice(-1)) + 1;
    const [before, k] = text === "" ? [cell.start(), 0] : [after(text.slice(0, -1)).state, letter];
    const state = cell.step([...embedding.subarray(size * k, size * (k + 1)), ...told], before);
    const found = { state, logits: answer(state) };
    if (known.size >= REMEMBERED) known.clear();
    known.set(text, found);
    return found;
  };
  return (text) => after(text).logits;
}

/** A name that begins with `prefix`; at each place the letter is drawn by that place's `noise`, (places, letters). */
export function drawName(next, prefix, temperature, noise, alphabet) {
  const letters = alphabet.length + 1;
  let name = prefix;
  while (name.length < noise.length / letters) {
    const drawn = largest(next(name), temperature, noise.subarray(letters * name.length));
    if (drawn === 0) break;
    name += alphabet[drawn - 1];
  }
  return name;
}

/** Which of the logits / temperature + noise is the largest: with Gumbel noise, a draw from their softmax. */
function largest(logits, temperature, noise) {
  let [best, top] = [0, -Infinity];
  for (let k = 0; k < logits.length; k++) {
    const value = logits[k] / temperature + noise[k];
    if (value > top) [best, top] = [k, value];
  }
  return best;
}

/** The probabilities softmax(logits / temperature). */
export function chances(logits, temperature) {
  const top = Math.max(...logits);
  const weights = Array.from(logits, (value) => Math.exp((value - top) / temperature));
  const sum = weights.reduce((total, value) => total + value, 0);
  return weights.map((value) => value / sum);
}

/** So many draws from the standard Gumbel distribution. */
export function gumbelDraws(count) {
  return Float32Array.from({ length: count }, () => -Math.log(-Math.log1p(-Math.random())));
}
