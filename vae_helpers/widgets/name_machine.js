// The name machine: a GRU goes on from the first letters, and bars show what it expects next.

import { toFloats } from "./shared/bytes.js";
import { fitCanvas } from "./shared/canvas.js";
import { addButton, append } from "./shared/dom.js";
import { keepLast } from "./shared/memory.js";
import { capitalised, chances, drawName, gumbelDraws, makeReader, readPrefix } from "./shared/names.js";
import { clamp, fixed, normalDraws } from "./shared/numbers.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const REST = 700; // ms without a change before the names are read out
const TEXT = 26; // height of the bars' text, in the units that they are drawn in
const WORD = 2.5; // the width of a bar with a word below it, in those with a letter
const END = "end"; // the model's letter 0
const NOTE =
  "Blue letters are given, black ones drawn. All names share one z; each letter has noise of its own, which stays while " +
  "you change the rest. Known: it is among the names of the data.";

/** What the bars show: for the end and each of the letters, their chances; the other letters in one. */
export function barsOf(logits, temperature, letters, alphabet) {
  const [plain, changed] = [chances(logits, 1), chances(logits, temperature)];
  const bars = [...letters, END].map((name) => {
    const k = name === END ? 0 : alphabet.indexOf(name) + 1;
    return { name, p: plain[k], q: changed[k] };
  });
  const rest = (part) => Math.max(0, 1 - bars.reduce((sum, bar) => sum + bar[part], 0));
  return [...bars, { name: "rest", p: rest("p"), q: rest("q") }];
}

/** The bars in words: the likeliest letters. */
export function barsText(bars, prefix) {
  const likely = [...bars].sort((a, b) => b.q - a.q).slice(0, 5);
  const words = likely.map(({ name, q }) => `${name} ${Math.round(100 * q)} %`).join(", ");
  return `the ${prefix ? `next letter after ${prefix}` : "first letter"}: ${words}`;
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-names");
  const [alphabet, languages, known] = ["alphabet", "languages", "known"].map((name) => model.get(name));
  const data = known.map((text) => new Set(text.split(" ")));
  const inUse = known.map((text) => [...alphabet].filter((letter) => text.includes(letter)));
  const weights = Object.fromEntries(["embedding", "gru", "head"].map((name) => [name, toFloats(model.get(name))]));
  const readerOf = keepLast((language, ...z) => {
    const told = [...z, ...languages.map((_, k) => (k === language ? 1 : 0))];
    return makeReader({ network: model.get("network"), alphabet, ...weights }, told);
  });
  const isTurkish = () => languages[model.get("language")] === "Turkish";

  const showControls = addControls(el, model, isTurkish, onStop);
  const results = append(el, "div", "vae-names-results");
  const list = addNames(results, model.get("count"));
  onStop(list.stop);
  const bars = addBars(results);
  append(results, "div", "vae-note").textContent = NOTE;

  const draw = () => {
    const [language, prefix, temperature] = ["language", "prefix", "temperature"].map((name) => model.get(name));
    const next = readerOf(language, ...model.get("z"));
    const noise = toFloats(model.get("noise"));
    const each = noise.length / model.get("count");
    const names = Array.from({ length: model.get("count") }, (_, k) =>
      drawName(next, prefix, temperature, noise.subarray(each * k, each * (k + 1)), alphabet),
    );
    showControls();
    list.show(names.map((name) => asWritten(name, prefix, language, data, languages)), languages[language]);
    bars.show(barsOf(next(prefix), temperature, inUse[language], alphabet), capitalised(prefix, isTurkish()), temperature);
  };
  onStop(drawOnChange(model, el, ["language", "prefix", "temperature", "z", "noise"], draw));
  onStop(onResize(bars.canvas, draw));
  onStop(tendStage(el));
}

/** All that a hand moves; returns what shows it as the model has it. */
function addControls(el, model, isTurkish, onStop) {
  const saving = saveNowAndThen(model);
  onStop(saving.stop);
  const set = (name, value) => {
    model.set(name, value);
    saving.soon();
  };
  const [[min, max], limit, step] = ["temperatures", "limit", "step"].map((name) => model.get(name));
  const longest = model.get("longest");
  const controls = append(el, "div", "vae-names-controls");
  const shows = {
    language: addLanguages(controls, model.get("languages"), (k) => set("language", k)),
    prefix: addPrefix(controls, {
      longest,
      read: (text) => readPrefix(text, model.get("alphabet"), longest, isTurkish()),
      onPrefix: (prefix) => set("prefix", prefix),
    }),
    temperature: addFader(controls, "temperature", { min, max, step }, (value) => set("temperature", value)),
    z: addZ(controls, model, (z) => set("z", z)),
  };
  const buttons = append(controls, "div", "vae-controls");
  addButton(buttons, "draw z again", "another z from N(0, I); the noise of the letters stays", () => {
    set("z", Array.from(normalDraws(model.get("z").length), (value) => clamp(stepped(value, step), limit)));
  });
  addButton(buttons, "other letters", "other noise for the letters; z stays", () => {
    set("noise", new DataView(gumbelDraws(model.get("noise").byteLength / 4).buffer));
  });
  onStop(addFullScreen(buttons, el));
  return () => Object.entries(shows).forEach(([name, show]) => show(model.get(name)));
}

/** A name as it is written: the letters that were given, those that were drawn, and whether the data hold it. */
export function asWritten(name, prefix, language, data, languages) {
  const written = capitalised(name, languages[language] === "Turkish");
  const owner = data.findIndex((names) => names.has(name));
  const mark = owner < 0 ? "" : owner === language ? "known" : `known: ${languages[owner]}`;
  return { given: written.slice(0, prefix.length), drawn: written.slice(prefix.length), mark };
}

function stepped(value, step) {
  return Math.round(value / step) / Math.round(1 / step); // 0.15, and not 0.15000000000000002
}

/** The buttons; returns what shows which of them is chosen. */
function addLanguages(parent, languages, onLanguage) {
  const group = append(parent, "div", "vae-names-languages");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "language");
  const buttons = languages.map((name, k) => addButton(group, name, `names as in ${name}`, () => onLanguage(k)));
  return (chosen) => buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(k === chosen)));
}

/** The field for the first letters: what can't be in a name is left out, with a word, and the rest stays. */
function addPrefix(parent, { longest, read, onPrefix }) {
  const label = append(parent, "label", "vae-names-row");
  append(label, "span", "").textContent = "first letters";
  const field = append(label, "input", "vae-names-prefix");
  Object.assign(field, { type: "text", value: "", maxLength: longest, autocomplete: "off", spellcheck: false });
  field.setAttribute("autocapitalize", "none");
  const word = append(parent, "div", "vae-names-word");
  word.setAttribute("role", "status");
  const kept = (text) => [...text.normalize("NFC")].filter((one) => read(one).refused.length === 0).join("");
  const take = () => {
    const { prefix, refused } = read(field.value);
    word.textContent = refused.length > 0 ? `No name here has “${refused.join("")}”: left out.` : "";
    if (refused.length > 0) {
      const caret = kept(field.value.slice(0, field.selectionStart)).length;
      field.value = kept(field.value);
      field.setSelectionRange(caret, caret);
    }
    onPrefix(prefix);
  };
  field.addEventListener("input", (event) => event.isComposing || take()); // an accent still waits for its letter
  field.addEventListener("compositionend", take);
  return (prefix) => {
    if (read(field.value).prefix !== prefix) field.value = prefix;
  };
}

/** A slider with its name and its value; returns what shows another value. */
function addFader(parent, name, range, onValue) {
  const label = append(parent, "label", "vae-names-row");
  append(label, "span", "").textContent = name;
  const fader = Object.assign(append(label, "input", "vae-fader"), { type: "range", ...range });
  fader.setAttribute("aria-label", name);
  const figure = append(label, "span", "vae-names-figure");
  fader.addEventListener("input", () => onValue(Number(fader.value)));
  return (value) => {
    fader.value = value;
    figure.textContent = fixed(value);
  };
}

/** A fader for each dimension of z; returns what shows another z. */
function addZ(parent, model, onZ) {
  const desk = append(parent, "div", "vae-names-z");
  const [limit, step] = ["limit", "step"].map((name) => model.get(name));
  const shows = model.get("z").map((_, i) => {
    const onValue = (value) => onZ(model.get("z").map((old, k) => (k === i ? value : old)));
    return addFader(desk, `z${i + 1}`, { min: -limit, max: limit, step }, onValue);
  });
  return (z) => shows.forEach((show, i) => show(z[i]));
}

/** The names; who can't see them hears them once they have come to rest. */
function addNames(parent, count) {
  const list = append(parent, "ol", "vae-names-list");
  list.setAttribute("role", "list"); // Safari forgets that it is one where it has no numbers
  const lines = Array.from({ length: count }, () => {
    const line = append(list, "li", "");
    return ["given", "drawn", "mark"].map((part) => [part, append(line, "span", `vae-names-${part}`)]);
  });
  const said = append(parent, "div", "vae-names-said");
  said.setAttribute("role", "status");
  let timer = 0;
  const show = (names, language) => {
    lines.forEach((parts, k) => parts.forEach(([part, span]) => (span.textContent = names[k][part])));
    const text = names.map(({ given, drawn, mark }) => `${given}${drawn}${mark && ` (${mark})`}`).join(", ");
    clearTimeout(timer);
    timer = setTimeout(() => (said.textContent = `${language}: ${text}`), REST);
  };
  return { show, stop: () => clearTimeout(timer) };
}

/** The chances of the next letter; returns the canvas and `show(bars, prefix, temperature)`. */
function addBars(parent) {
  const title = append(parent, "div", "vae-names-title");
  const canvas = append(parent, "canvas", "vae-names-bars");
  canvas.setAttribute("role", "img");
  const show = (bars, prefix, temperature) => {
    canvas.setAttribute("aria-label", barsText(bars, prefix));
    const which = prefix ? `next letter after “${prefix}”` : "first letter";
    title.textContent = `p(${which}), temperature ${temperature.toFixed(2)} (outline: 1)`;
    drawBars(canvas, bars);
  };
  return { canvas, show };
}

/** On a scale from 0 to the highest bar, or to a quarter. */
function drawBars(canvas, bars) {
  const size = fitCanvas(canvas, TEXT);
  if (!size) return; // not on the page yet
  const context = canvas.getContext("2d");
  const top = Math.max(0.25, ...bars.flatMap(({ p, q }) => [p, q]));
  const [left, foot] = [3.1 * TEXT, size.height - 1.4 * TEXT];
  const width = (size.width - left) / (bars.length - 2 + 2 * WORD); // the last two have words below them, not letters
  const height = (chance) => (chance / top) * (foot - 0.8 * TEXT);
  Object.assign(context, { fillStyle: "#fff", font: `${TEXT}px sans-serif`, textAlign: "right", textBaseline: "middle" });
  context.fillRect(0, 0, size.width, size.height);
  context.fillStyle = "#333";
  for (const share of [0, top]) {
    context.fillText(`${Math.round(100 * share)} %`, left - 0.3 * TEXT, foot - height(share));
    context.fillRect(left, foot - height(share), size.width - left, 1);
  }
  Object.assign(context, { textAlign: "center", font: `${Math.min(TEXT, 1.25 * width)}px sans-serif` });
  let at = left;
  bars.forEach(({ name, p, q }, k) => {
    const wide = k < bars.length - 2 ? 1 : WORD;
    Object.assign(context, { fillStyle: "#5fa8e0", strokeStyle: "#111", lineWidth: 2 });
    context.fillRect(at + 0.15 * width, foot - height(q), (wide - 0.3) * width, height(q));
    context.strokeRect(at + 0.15 * width, foot - height(p), (wide - 0.3) * width, height(p));
    context.fillStyle = "#111";
    context.fillText(name, at + (wide * width) / 2, foot + 0.75 * TEXT);
    at += wide * width;
  });
}

export default { render: makeRender(setUp) };
