// The beta slider: one image through the decoders of several betas, and a row of images for what each latent moves.

import { toWeights } from "./shared/bytes.js";
import { makeDecoder } from "./shared/decoder.js";
import { addDigit, inksOf, paintInk, SIDE } from "./shared/digit.js";
import { append, onDrag } from "./shared/dom.js";
import { clamp, fixed } from "./shared/numbers.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
import { addFullScreen, tendStage } from "./shared/stage.js";
import { addThumbnails } from "./shared/thumbnails.js";

const MOST_ROWS = 6;
const IMAGES = 7; // in a row
const GAP = 2; // white columns between two images
const STEP = 0.05; // of the slider for one latent
const HELP = "Choose an image, then move β. A click in a row, or the slider, moves one latent; the others stay at μ.";

/** The values that a latent takes along its row. */
export function valuesOf(reach) {
  return Array.from({ length: IMAGES }, (_, k) => reach * ((2 * k) / (IMAGES - 1) - 1));
}

/** A latent with another value in one dimension. */
export function moveOne(z, dimension, value) {
  return z.map((old, k) => (k === dimension ? value : old));
}

/** The dimensions of a model: those that are awake by falling KL, then those that sleep. */
export function orderOf({ kl, active }) {
  return kl.map((_, k) => k).sort((a, b) => active[b] - active[a] || kl[b] - kl[a]);
}

/** What is said of the dimensions that have no row. */
export function restText({ kl, active }) {
  const [awake, asleep] = [true, false].map((wanted) => kl.filter((_, k) => active[k] === wanted));
  const folded = awake.sort((a, b) => b - a).slice(MOST_ROWS);
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const lines = [];
  if (folded.length > 0) lines.push(`${dimensions(folded.length)} more, with a KL of ${sum(folded).toFixed(2)} in all`);
  if (asleep.length === 0) lines.push("no dimension sleeps");
  else lines.push(`${dimensions(asleep.length)} sleep${asleep.length === 1 ? "s" : ""} (KL ${sum(asleep).toFixed(2)} in all)`);
  return lines.join("\n");
}

function dimensions(count) {
  return `${count} dimension${count === 1 ? "" : "s"}`;
}

/** Rate and distortion in words. */
export function figuresText({ rate, distortion }) {
  return `rate (KL) ${rate.toFixed(1)} nats\ndistortion (reconstruction) ${distortion.toFixed(1)} nats`;
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-beta");
  const coders = model.get("models").map((coder) => ({ ...coder, order: orderOf(coder), decode: lazyDecoder(coder) }));
  const images = inksOf(model.get("images"));
  const reach = model.get("reach");
  const saving = saveNowAndThen(model);
  onStop(saving.stop);
  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    saving.soon();
  };

  const head = append(el, "div", "vae-beta-head");
  const showStop = addStops(head, coders, (stop) => set({ stop, moved: null }));
  const figures = append(head, "div", "vae-figures");
  figures.setAttribute("role", "status");
  const side = append(el, "div", "vae-beta-side");
  const showChoice = addThumbnails(side, images, (image) => set({ image, moved: null }));
  const digits = append(side, "div", "vae-digits vae-beta-digits");
  const [drawImage, drawMean, drawMoved] = ["", "vae-beta-mean", "vae-beta-moved"].map((name) => addDigit(digits, name));
  const showFader = addLatent(side, reach, { onRow: (row) => set({ row, moved: null }), onMoved: (moved) => set({ moved }) });
  append(side, "div", "vae-note").textContent = `${HELP} Figures: means over ${model.get("measured")} images.`;
  const controls = append(side, "div", "vae-controls");
  onStop(addFullScreen(controls, el));
  const rows = addRows(el, coders, reach, (row, moved) => set({ row, moved }));

  let drawn = null; // the model and the image whose rows are on the page
  const draw = () => {
    const [stop, image, row, moved] = ["stop", "image", "row", "moved"].map((name) => model.get(name));
    const coder = coders[stop];
    const { beta, means, order, decode } = coder;
    const z = means[image];
    const chosen = order[Math.min(row, order.length - 1)];
    const value = moved ?? z[chosen];
    if (drawn !== `${stop} ${image}`) {
      showStop(stop);
      showChoice(image);
      figures.textContent = figuresText(coder);
      drawImage(images[image], "the image");
      drawMean(decode(z), `from its mean\nat β = ${beta}`);
      rows.show(coder, z);
      drawn = `${stop} ${image}`;
    }
    drawMoved(decode(moveOne(z, chosen, value)), `z${chosen + 1} = ${fixed(value)}${moved === null ? "\nnot moved" : "\nmoved"}`);
    showFader(coder, chosen, value);
    rows.mark(order.indexOf(chosen), value);
  };
  onStop(drawOnChange(model, el, ["stop", "image", "row", "moved"], draw));
  onStop(tendStage(el));
}

/** The decoder of a model, read only once it is asked for. */
export function lazyDecoder({ layers, weights, half }) {
  let decode = null;
  return (z) => (decode ??= makeDecoder(layers, toWeights(weights, half)))(z);
}

/** The slider with one stop a beta; returns what shows which it stands at. */
function addStops(parent, coders, onStop) {
  const box = append(parent, "div", "vae-beta-stops");
  append(box, "span", "vae-beta-name").textContent = "β";
  const track = append(box, "div", "vae-beta-track");
  const fader = Object.assign(append(track, "input", "vae-fader"), { type: "range", min: 0, max: coders.length - 1, step: 1 });
  fader.setAttribute("aria-label", "β");
  fader.addEventListener("input", () => onStop(Number(fader.value)));
  const labels = append(track, "div", "vae-beta-labels");
  labels.setAttribute("aria-hidden", "true"); // the slider says the same
  const texts = coders.map(({ beta }, stop) => {
    const text = append(labels, "span", "");
    text.textContent = beta;
    text.addEventListener("click", () => onStop(stop));
    return text;
  });
  return (stop) => {
    fader.value = stop;
    fader.setAttribute("aria-valuetext", `β = ${coders[stop].beta}`);
    texts.forEach((text, k) => text.classList.toggle("vae-chosen", k === stop));
  };
}

/** Which latent is moved, and to where; returns `show(coder, dimension, value)`. */
function addLatent(parent, reach, { onRow, onMoved }) {
  const box = append(parent, "div", "vae-beta-latent");
  const select = append(box, "select", "");
  select.setAttribute("aria-label", "latent to move");
  select.addEventListener("change", () => onRow(Number(select.value)));
  const fader = append(box, "input", "vae-fader");
  Object.assign(fader, { type: "range", min: -reach, max: reach, step: STEP });
  fader.addEventListener("input", () => onMoved(Number(fader.value)));
  const figure = append(box, "span", "vae-beta-figure");
  let [listed, options] = [null, []];
  const list = (coder) => {
    listed = coder;
    options.forEach((option) => option.remove());
    options = coder.order.map((dimension, row) => {
      const about = coder.active[dimension] ? `${coder.kl[dimension].toFixed(2)} nats` : "sleeps";
      return Object.assign(append(select, "option", ""), { value: row, textContent: `z${dimension + 1} (${about})` });
    });
  };
  return (coder, dimension, value) => {
    if (listed !== coder) list(coder);
    select.value = coder.order.indexOf(dimension);
    fader.value = value;
    fader.setAttribute("aria-label", `z${dimension + 1}`);
    fader.setAttribute("aria-valuetext", fixed(value));
    figure.textContent = fixed(value);
  };
}

/** A row for each latent that is awake; returns `show(coder, z)` and `mark(row, value)`. */
function addRows(parent, coders, reach, onPlace) {
  const box = append(parent, "div", "vae-beta-rows");
  append(box, "div", "vae-beta-title").textContent = "each latent moved alone, and its KL in nats";
  const values = valuesOf(reach);
  const ends = append(box, "div", "vae-beta-row vae-beta-ends");
  for (const name of ["vae-beta-name", "vae-beta-bar", "vae-beta-scale"]) append(ends, "div", name);
  const scale = ends.querySelector(".vae-beta-scale");
  values.forEach((value, k) => (append(scale, "span", "").textContent = k % 3 ? "" : fixed(value, 1))); // the ends, the middle
  const awake = ({ active }) => active.filter(Boolean).length;
  const most = Math.min(MOST_ROWS, Math.max(...coders.map(awake)));
  const highest = Math.max(...coders.flatMap(({ kl }) => kl)) || 1; // one scale for all, so that bars shrink as beta grows
  const rows = Array.from({ length: most }, (_, row) => addRow(box, values, (moved) => onPlace(row, moved)));
  const rest = append(box, "div", "vae-beta-rest");
  const show = (coder, z) => {
    const shown = Math.min(awake(coder), most);
    rows.forEach((row, k) => row.show(k < shown ? { coder, z, dimension: coder.order[k], highest } : null));
    rest.textContent = restText(coder);
  };
  return { show, mark: (chosen, value) => rows.forEach((row, k) => row.mark(k === chosen ? value : null)) };
}

/**
 * One row: the latent's name, its bar, its images; a pointer on these moves the latent. Returns `show(state)`, which
 * hides it where there is none, and `mark(value)`, which marks it as the latent that is moved, or not (null).
 */
function addRow(parent, values, onMoved) {
  const el = append(parent, "div", "vae-beta-row");
  const name = append(el, "div", "vae-beta-name");
  const bar = append(el, "div", "vae-beta-bar");
  const [fill, nats] = ["vae-beta-fill", ""].map((className) => append(bar, "span", className));
  const strip = append(el, "div", "vae-beta-strip");
  const canvas = append(strip, "canvas", "");
  const line = append(strip, "span", "vae-beta-line");
  const width = values.length * (SIDE + GAP) - GAP;
  const [first, last] = [values[0], values.at(-1)]; // at the middles of the outer images
  Object.assign(canvas, { width, height: SIDE });
  canvas.setAttribute("role", "img");
  const context = canvas.getContext("2d");
  const move = ({ clientX }) => {
    const { left, width: wide } = canvas.getBoundingClientRect();
    const place = ((clientX - left) / wide) * width - SIDE / 2;
    const value = first + (place / (width - SIDE)) * (last - first);
    onMoved(Math.round(clamp(value, last) / STEP) / Math.round(1 / STEP)); // 0.15, not 0.15000000000000002
  };
  onDrag(canvas, { move });
  const show = (state) => {
    el.classList.toggle("vae-beta-gone", state === null); // its place stays: what is below does not jump
    if (!state) return;
    const { coder, z, dimension, highest } = state;
    const kl = coder.kl[dimension];
    name.textContent = `z${dimension + 1}`;
    fill.style.width = `${(100 * kl) / highest}%`;
    nats.textContent = kl.toFixed(2);
    values.forEach((value, k) => paintInk(context, coder.decode(moveOne(z, dimension, value)), k * (SIDE + GAP)));
    canvas.setAttribute("aria-label", `z${dimension + 1} from ${fixed(first, 1)} to ${fixed(last, 1)}, the others at μ`);
  };
  const mark = (value) => {
    el.classList.toggle("vae-chosen", value !== null);
    if (value === null) return;
    const place = SIDE / 2 + ((clamp(value, last) - first) / (last - first)) * (width - SIDE);
    line.style.left = `${(100 * place) / width}%`;
  };
  return { show, mark };
}

export default { render: makeRender(setUp) };
