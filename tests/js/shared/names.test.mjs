import assert from "node:assert/strict";
import test from "node:test";

import { assertClose } from "../fakes.mjs";
import * as w from "../../../vae_helpers/widgets/shared/names.js";

test("small letters, each one character, and the Turkish i with and without its dot", () => {
  const cases = [["KoW", false, "kow"], ["İz", false, "iz"], ["I", false, "i"], ["I", true, "ı"], ["İi", true, "ii"]];
  for (const [text, turkish, wanted] of [...cases, ["C\u0301", false, "ć"], ["I\u0307", true, "i"]]) {
    assert.equal(w.lowered(text, turkish), wanted);
  }
});

test("a name has a capital, a Turkish one with its dot", () => {
  const found = [["ivo", false], ["ilker", true], ["ışık", true], ["ćao", false], ["", true]].map((one) => w.capitalised(...one));
  assert.deepEqual(found, ["Ivo", "İlker", "Işık", "Ćao", ""]);
});

test("what can't be in a name is left out, and all the rest is kept", () => {
  assert.deepEqual(w.readPrefix("Ko5 W!", "okw", 16, false), { prefix: "kow", refused: ["5", " ", "!"] });
  assert.deepEqual(w.readPrefix("", "okw", 16, false), { prefix: "", refused: [] });
  assert.equal(w.readPrefix("wwwwww", "okw", 4, false).prefix, "wwww");
});

/** A model of the letters a, b whose state is nearly the sum of what it was told, which its logits repeat. */
const ALPHABET = "ab";
function parts() {
  // one input: the letter's number 0, 1 or 2; told: one more. n = tanh(letter + told), z = 0: no memory
  const gru = Float32Array.from([0, 0, 1, 0, 0, 1, 0, -40, 0, 0, 0, 0, 0, 0, 0]);
  const network = { letters: 3, embedding: 1, gru: { inputs: 2, size: 1 } };
  return { network, embedding: Float32Array.of(0, 1, 2), gru, head: Float32Array.of(1, 10, 100, 0, 0, 1), alphabet: ALPHABET };
}

test("what is expected next depends on the last letter and on what the model is told", () => {
  const next = w.makeReader(parts(), [0.5]);
  for (const [text, letter] of [["", 0], ["a", 1], ["ab", 2], ["ba", 1], ["", 0]]) {
    const state = Math.tanh(letter + 0.5);
    assertClose(next(text), [state, 10 * state, 100 * state + 1], 1e-4);
  }
});

test("it forgets its notes before they fill the memory, and goes on", () => {
  const next = w.makeReader(parts(), [0.5]);
  for (let k = 0; k < 4000; k++) next([...k.toString(2)].map((digit) => "ab"[digit]).join(""));
  assertClose(next("a"), [1, 10, 100].map((factor, i) => factor * Math.tanh(1.5) + (i === 2)), 1e-4);
});

test("a name is drawn letter by letter, as the noise has it", () => {
  const asked = [];
  const next = (text) => asked.push(text) && [0, 2, 1];
  const draw = (prefix, temperature, noise) => w.drawName(next, prefix, temperature, Float32Array.from(noise), ALPHABET);
  assert.equal(draw("", 1, [0, 0, 0, 0, 0, 9, 9, 0, 0, 0, 0, 0]), "ab"); // a, then b, then the end
  assert.deepEqual(asked, ["", "a", "ab"]);
  assert.equal(draw("", 1, [0, 0, 0, 0, 0, 0]), "aa"); // no end: as long as there is noise
  assert.equal(draw("b", 1, [0, 0, 9, 9, 0, 0]), "b"); // each place has its noise, the given letters' is not used
  assert.equal(draw("ba", 1, [0, 0, 0]), "ba"); // no noise is left
  // the noise has less to say where it is cold, and more where it is hot
  assert.deepEqual([0.5, 1.5].map((temperature) => draw("", temperature, [0, 0, 1.5])), ["a", "b"]);
});

test("the largest of logits and Gumbel noise is drawn with the softmax's probabilities", () => {
  const [logits, temperature, count] = [[0, 1, 2], 0.8, 20000];
  const wanted = w.chances(logits, temperature);
  const found = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const name = w.drawName(() => logits, "", temperature, w.gumbelDraws(3), ALPHABET);
    found[name === "" ? 0 : ALPHABET.indexOf(name) + 1] += 1 / count;
  }
  // five standard errors: a sound generator fails once in a million runs
  wanted.forEach((p, k) => assert.ok(Math.abs(found[k] - p) < 5 * Math.sqrt((p * (1 - p)) / count), `${found}`));
});

test("temperature is a power of p", () => {
  assertClose(w.chances([0, Math.log(3)], 1), [0.25, 0.75]);
  assertClose(w.chances([0, Math.log(3)], 0.5), [0.1, 0.9]);
  assertClose(w.chances([5000, 5000], 0.1), [0.5, 0.5]);
});
