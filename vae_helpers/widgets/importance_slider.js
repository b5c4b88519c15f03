// The importance slider: the bound of the first k draws, its path, and how few of the weights carry it.

import { toFloats } from "./shared/bytes.js";
import { disc, fitCanvas, strokeLine, write } from "./shared/canvas.js";
import { inksOf } from "./shared/digit.js";
import { addButton, append } from "./shared/dom.js";
import { fixed } from "./shared/numbers.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";
import { addThumbnails } from "./shared/thumbnails.js";
import { figuresOf, meanOf, orderOf, pathOf, sharesOf } from "./shared/weights.js";

const TEXT = 13; // height of the pictures' text, in the units that they are drawn in
const FAN = 21; // orders whose paths are always there
const BINS = 26;
const STOPS = 20; // of the slider, each time k gets ten times as large
const EDGE = { left: 48, right: 12, top: 30, bottom: 36 };
const [BOUND, LARGEST, DRAWS, TRUTH] = ["#3f90da", "#0b3d6b", "#a9a9a9", "#a33e00"]; // as in plots.importance_slider
const NOTE =
  "Dashed: the ELBO, the mean of all logs. Grey paths: other orders of the draws. A low effective sample size warns; a high one says nothing of regions that no draw came to.";

/** The k that the slider can stand at: evenly on a log scale, from 1 to `most`. */
export function stopsOf(most) {
  const stops = new Set([1, most]);
  for (let i = 0; 10 ** (i / STOPS) < most; i++) stops.add(Math.round(10 ** (i / STOPS)));
  return [...stops].sort((a, b) => a - b);
}

/** About five round numbers from `low` to `high`. */
export function ticksOf(low, high) {
  const rough = (high - low) / 5;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = ten * [1, 2, 5, 10].find((times) => times * ten >= rough);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

/** Where the axes of an image end, whatever k and the order: of the log weights, and of the bound. */
export function rangesOf(logs, paths, truth) {
  const sorted = Float64Array.from(logs).sort();
  const [low, high] = [sorted[Math.floor(0.01 * sorted.length)], sorted.at(-1)];
  const ends = paths.map((path) => path.at(-1));
  const top = Math.max(...paths.map((path) => path.reduce((most, value) => Math.max(most, value))), truth ?? -Infinity);
  const below = Math.min(meanOf(logs), ...ends);
  const room = Math.max(top - below, 0.1);
  return { low, high: high > low ? high : low + 1, bottom: below - 0.6 * room, top: top + 0.08 * room };
}

/** What is said of the first k draws. */
export function describe({ bound, effective, share }, elbo, k, truth) {
  const known = truth === null ? "" : `, log p(x) ${fixed(truth)}`;
  return (
    `bound ${fixed(bound)} nats, ELBO ${fixed(elbo)}${known}\n` +
    `effective sample size ${fixed(effective, 1)} of ${k.toLocaleString("en")}; one draw has ${percent(share)} of the weight`
  );
}

function percent(share) {
  return `${fixed(100 * share, share < 0.0995 ? 1 : 0)} %`;
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-importance");
  const saving = saveNowAndThen(model);
  onStop(saving.stop);
  const set = (name, value) => {
    model.set(name, value);
    saving.soon();
  };
  const [names, most] = [model.get("names"), model.get("most")];
  const inks = inksOf(model.get("images"));
  const read = makeReader(model, names, inks.length, most);

  const head = append(el, "div", "vae-importance-head");
  const showModel = addModels(head, names, (name) => set("which", name));
  const showImage = addThumbnails(head, inks, (image) => set("image", image));
  const [weights, path] = ["weights", "path"].map((name) => addPicture(el, name));
  const showK = addSlider(el, stopsOf(most), (k) => set("k", k));
  const figures = append(el, "div", "vae-figures");
  figures.setAttribute("role", "status");
  const controls = append(el, "div", "vae-controls");
  addButton(controls, "draw anew", "the draws in another order", () => set("order", model.get("order") + 1));
  onStop(addFullScreen(controls, el));
  append(el, "div", "vae-note").textContent = NOTE;

  const draw = () => {
    const [which, image, k] = ["which", "image", "k"].map((name) => model.get(name));
    const state = { ...read(which, image, model.get("order")), k, most };
    const now = figuresOf(state.logs, state.order, k);
    const words = describe(now, state.elbo, k, state.truth);
    showModel(which);
    showImage(image);
    showK(k, `${k} draw${k === 1 ? "" : "s"}, effective sample size ${fixed(now.effective, 1)}`);
    figures.textContent = words;
    weights.setAttribute("aria-label", `Where the log weights of ${k} draw${k === 1 ? "" : "s"} lie, and which of them carry the sum. ${words}`);
    path.setAttribute("aria-label", `The bound for 1 to ${most} draws. ${words}`);
    drawWeights(weights, state, now);
    drawPath(path, state, now);
  };
  onStop(drawOnChange(model, el, ["k", "image", "which", "order"], draw));
  // this view is its own stage, whose classes no one changes once it is drawn
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  for (const canvas of [weights, path]) onStop(onResize(canvas, draw));
  onStop(tendStage(el));
}

/** `read(which, image, seed)`: all that is shown of it but for k; the fan of an image is computed once it is shown. */
function makeReader(model, names, images, most) {
  const all = toFloats(model.get("log_weights"));
  const draws = all.length / (names.length * images);
  const orders = Array.from({ length: FAN }, (_, seed) => orderOf(draws, seed));
  const known = new Map();
  const fanOf = (place, truth) => {
    const logs = all.subarray(place * draws, (place + 1) * draws);
    const fan = orders.map((order) => pathOf(logs, order, most));
    return { logs, fan, truth, elbo: meanOf(logs), ranges: rangesOf(logs, fan, truth) };
  };
  let [shown, last] = ["", null];
  return (which, image, seed) => {
    if (shown === `${which} ${image} ${seed}`) return last;
    const place = names.indexOf(which) * images + image;
    if (!known.has(place)) known.set(place, fanOf(place, model.get("truth")[names.indexOf(which)]?.[image] ?? null));
    const order = orders[seed] ?? orderOf(draws, seed);
    const { logs, fan } = known.get(place);
    [shown, last] = [`${which} ${image} ${seed}`, { ...known.get(place), order, path: fan[seed] ?? pathOf(logs, order, most) }];
    return last;
  };
}

/** A button for each model, where there is more than one; returns what shows which is chosen. */
function addModels(parent, names, onModel) {
  if (names.length === 1) return () => {};
  const group = append(parent, "div", "vae-controls");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "model");
  const buttons = names.map((name) => addButton(group, name, `the model ${name}`, () => onModel(name)));
  return (chosen) => buttons.forEach((button, k) => button.setAttribute("aria-pressed", `${names[k] === chosen}`));
}

function addPicture(parent, name) {
  const canvas = append(parent, "canvas", `vae-importance-picture vae-importance-${name}`);
  canvas.setAttribute("role", "img");
  return canvas;
}

/** The slider for k; returns what shows another k, and says it in words. */
function addSlider(parent, stops, onK) {
  const label = append(parent, "label", "vae-importance-row");
  append(label, "span", "").textContent = "draws k";
  const fader = Object.assign(append(label, "input", "vae-fader"), { type: "range", min: 0, max: stops.length - 1, step: 1 });
  fader.setAttribute("aria-label", "draws k");
  const figure = append(label, "span", "vae-importance-k");
  fader.addEventListener("input", () => onK(stops[Number(fader.value)]));
  return (k, words) => {
    const beyond = stops.findIndex((stop) => stop >= k);
    fader.value = beyond > 0 && k - stops[beyond - 1] < stops[beyond] - k ? beyond - 1 : beyond;
    fader.setAttribute("aria-valuetext", words);
    figure.textContent = k.toLocaleString("en");
  };
}

/** White paper with an axis to the left and one below; null where it is not on the page yet. */
function makePaper(canvas, title, below) {
  const size = fitCanvas(canvas, TEXT);
  if (!size) return null;
  const context = canvas.getContext("2d");
  const box = { left: EDGE.left, right: size.width - EDGE.right, top: EDGE.top, bottom: size.height - EDGE.bottom };
  Object.assign(context, { fillStyle: "#fff", lineJoin: "round" });
  context.fillRect(0, 0, size.width, size.height);
  const text = { rim: 3, fillStyle: "#111", font: `${TEXT}px sans-serif`, textBaseline: "alphabetic", textAlign: "left" };
  const say = (words, at, style = {}) => write(context, words, at, { ...text, ...style });
  say(title, [8, 18], { font: `bold ${TEXT}px sans-serif` });
  say(below, [(box.left + box.right) / 2, size.height - 5], { textAlign: "center" });
  const line = (from, to, color, width, dash = []) => {
    Object.assign(context, { strokeStyle: color, lineWidth: width });
    context.setLineDash(dash);
    strokeLine(context, from, to);
    context.setLineDash([]);
  };
  line([box.left, box.bottom], [box.right, box.bottom], "#555", 1);
  const mark = (words, x) => {
    line([x, box.bottom], [x, box.bottom + 4], "#555", 1);
    say(words, [x, box.bottom + 17], { textAlign: "center" });
  };
  const level = (words, y) => {
    line([box.left, y], [box.right, y], "#ddd", 1);
    say(words, [box.left - 5, y + 4], { textAlign: "right" });
  };
  return { context, box, say, line, mark, level };
}

/** Two bars a bin: which share of the draws lies there, and which share of the sum of the weights. */
function drawWeights(canvas, { logs, order, k, elbo, ranges }, now) {
  const paper = makePaper(canvas, "share of the draws (grey) and of the weight (blue)", "log weight, nats");
  if (!paper) return;
  const { context, box, say, line, mark, level } = paper;
  const { low, high } = ranges;
  const { draws, weights, bin } = sharesOf(logs, order, k, { low, high, bins: BINS });
  const top = Math.max(0.2, ...draws, ...weights);
  const x = (log) => box.left + ((log - low) / (high - low)) * (box.right - box.left);
  const y = (share) => box.bottom - (share / top) * (box.bottom - box.top);
  for (const share of ticksOf(0, top)) level(`${fixed(100 * share, 0)} %`, y(share));
  for (const log of ticksOf(low, high)) mark(fixed(log, high - low < 4 ? 1 : 0), x(log));
  const width = (box.right - box.left) / BINS;
  const bar = (place, half, share, color) => {
    context.fillStyle = color;
    context.fillRect(box.left + width * (place + half / 2) + 0.5, y(share), width / 2 - 0.5, box.bottom - y(share));
  };
  draws.forEach((share, place) => bar(place, 0, share, DRAWS));
  weights.forEach((share, place) => bar(place, 1, share, BOUND));
  bar(bin, 1, now.share, LARGEST);
  const ends = elbo < now.bound ? ["right", "left"] : ["left", "right"]; // the names stand outside of the two lines
  [["ELBO", elbo, [6, 4]], ["bound", now.bound, []]].forEach(([name, log, dash], i) => {
    if (log < low) return;
    const place = x(Math.min(log, high));
    line([place, box.top], [place, box.bottom], "#111", 1.8, dash);
    say(name, [place + (ends[i] === "left" ? 4 : -4), box.top + 9], { textAlign: ends[i] });
  });
  const middle = box.left + width * (bin + 0.75);
  const right = middle < box.right - 120; // beyond the largest weight there is most room
  const style = { rim: 5, fillStyle: LARGEST, font: `bold ${TEXT}px sans-serif`, textAlign: right ? "left" : "right" };
  say(`one draw: ${percent(now.share)}`, [middle + (right ? 0.5 : -0.5) * width, y(now.share / 2)], style);
}

/** The path of the bound over k on a log scale, those of other orders, the ELBO and log p(x). */
function drawPath(canvas, { fan, path, k, most, elbo, truth, ranges }, now) {
  const paper = makePaper(canvas, "bound, nats", "number of draws k, log scale");
  if (!paper) return;
  const { context, box, say, line, mark, level } = paper;
  const { bottom, top } = ranges;
  const x = (count) => box.left + (Math.log(count) / Math.log(Math.max(most, 2))) * (box.right - box.left - 8);
  const y = (value) => box.bottom - ((value - bottom) / (top - bottom)) * (box.bottom - box.top);
  for (const value of ticksOf(bottom, top)) level(fixed(value, top - bottom < 4 ? 1 : 0), y(value));
  for (let count = 1; count <= most; count *= 10) mark(count.toLocaleString("en"), x(count));
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  const trace = (values, count, color, width) => {
    Object.assign(context, { strokeStyle: color, lineWidth: width });
    context.beginPath();
    for (let i = 1; i <= count; i = Math.max(i + 1, Math.floor(1.01 * i))) context.lineTo(x(i), y(values[i - 1]));
    context.lineTo(x(count), y(values[count - 1]));
    context.stroke();
  };
  for (const other of fan) trace(other, most, `${DRAWS}99`, 1);
  line([box.left, y(elbo)], [box.right, y(elbo)], "#111", 1.8, [6, 4]);
  if (truth !== null) line([box.left, y(truth)], [box.right, y(truth)], TRUTH, 2);
  trace(path, most, `${BOUND}88`, 2);
  trace(path, k, "#0b5fa5", 3);
  context.restore();
  if (now.bound >= bottom) disc(context, [x(k), y(now.bound)], 6, LARGEST);
  say("ELBO", [box.right - 4, y(elbo) + 15], { textAlign: "right" });
  if (truth !== null) say("log p(x)", [box.left + 6, y(truth) - 5], { fillStyle: TRUTH, font: `bold ${TEXT}px sans-serif` });
}

export default { render: makeRender(setUp) };
