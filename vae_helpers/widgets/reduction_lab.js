// Sum or mean: the loss as it is written, its effective beta, and the trained model that is nearest to that.

import { toInk } from "./shared/bytes.js";
import { disc, fitCanvas, strokeLine, write } from "./shared/canvas.js";
import { paintInk, SIDE } from "./shared/digit.js";
import { append } from "./shared/dom.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const TEXT = 30; // height of the plane's text, in the units that it is drawn in
const GAP = 2; // white columns between two pictures
const FAR = 2; // a model trained at more than FAR times the effective beta, or less than 1/FAR, is another model
const FAR_TEXT = "No model was trained near this β; shown is the nearest.";
const STRONG = "#c0392b"; // the nearest model; it is also larger, so the colour is not needed

/** The beta of the summed loss with the same minimum; a reduction is 0 for the sum, 1 for the mean. */
export function effectiveBeta(reconstruction, kl, beta, pixels, latentDim) {
  return (kl ? beta / latentDim : beta) / (reconstruction ? 1 / pixels : 1);
}

/** The position in `betas` of the one nearest to `beta` by its logarithm. */
export function nearestBeta(betas, beta) {
  const distances = betas.map((value) => Math.abs(Math.log(value / beta)));
  return distances.indexOf(Math.min(...distances));
}

/** Is `trained` more than a factor FAR away from `beta`? A hair of room, because 0.05 / 0.1 is not quite 1 / 2. */
export function isFar(trained, beta) {
  return Math.abs(Math.log(trained / beta)) > Math.log(FAR) + 1e-9;
}

/** A number with three digits that count, and no zeros at its end: 784, 39.2, 0.0255. */
export function threeDigits(value) {
  return String(Number(value.toPrecision(3)));
}

/** The loss as it is written, the same with the factor of the whole loss taken out, and what to say of that factor. */
export function lossLines(reconstruction, kl, beta, pixels, latentDim) {
  const effective = threeDigits(effectiveBeta(reconstruction, kl, beta, pixels, latentDim));
  const first = reconstruction ? `(1/${pixels}) Σ BCE` : "Σ BCE";
  const second = kl ? `(1/${latentDim}) Σ KL` : "Σ KL";
  const summed = `Σ BCE + ${effective} · Σ KL`;
  return [
    `= ${first} + ${threeDigits(beta)} · ${second}`,
    `= ${reconstruction ? `1/${pixels} · ( ${summed} )` : summed}`,
    reconstruction ? `The factor 1/${pixels} scales the whole loss: a constant factor moves no minimum.` : "",
  ];
}

/** What is said of the model shown. */
export function figuresText({ beta, reconstruction, kl, active }, latentDim) {
  const nats = (value) => value.toFixed(1);
  return (
    `nearest trained model: β = ${threeDigits(beta)}\n` +
    `reconstruction ${nats(reconstruction)} + KL ${nats(kl)} = ${nats(reconstruction + kl)} nats\n` +
    `${active} of ${latentDim} dimensions active`
  );
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-reduction");
  const head = append(el, "div", "vae-reduction-head");
  const equation = append(head, "div", "vae-reduction-loss");
  append(equation, "span", "").textContent = "loss";
  const formula = append(equation, "span", "");
  const effectiveText = append(head, "div", "vae-reduction-beta");
  const note = append(head, "div", "vae-reduction-note");
  const controls = append(head, "div", "vae-controls");
  const canvas = append(el, "canvas", "vae-reduction-plane");
  canvas.setAttribute("role", "img");
  const side = append(el, "div", "vae-reduction-side");
  const text = append(side, "div", "vae-figures");
  const warning = append(side, "div", "vae-reduction-note vae-reduction-far");
  [effectiveText, text, warning].forEach((element) => element.setAttribute("role", "status"));
  const titles = ["test images", "their reconstructions, each from its mean μ", "samples of the prior N(0, I)"];
  const [drawImages, drawReconstructions, drawSamples] = titles.map((title) => addRow(side, title));
  const draw = () => {
    const latentDim = model.get("latent_dim");
    const choice = [model.get("reconstruction"), model.get("kl"), model.get("beta"), model.get("pixels"), latentDim];
    const figures = model.get("figures");
    const effective = effectiveBeta(...choice);
    if (!(effective > 0)) throw new Error(`the effective β must be above 0, got ${effective}`);
    const shown = nearestBeta(figures.map(({ beta }) => beta), effective);
    const [written, factored, scaled] = lossLines(...choice);
    formula.textContent = `${written}\n${factored}`;
    note.textContent = scaled;
    effectiveText.textContent = `effective β = ${threeDigits(effective)}`;
    text.textContent = figuresText(figures[shown], latentDim);
    warning.textContent = isFar(figures[shown].beta, effective) ? FAR_TEXT : "";
    drawPlane(canvas, figures, shown);
    drawImages(picturesOf(model.get("images"), 0, 1));
    drawReconstructions(picturesOf(model.get("reconstructions"), shown, figures.length));
    drawSamples(picturesOf(model.get("samples"), shown, figures.length));
  };
  onStop(drawOnChange(model, el, ["reconstruction", "kl", "beta"], draw));
  onStop(onResize(canvas, draw));
  onStop(addFullScreen(controls, el));
  onStop(tendStage(el));
}

/** One model's pictures out of the bytes (a DataView) of `count` models. */
export function picturesOf(bytes, index, count) {
  const size = bytes.byteLength / count;
  return new Uint8Array(bytes.buffer, bytes.byteOffset + index * size, size);
}

/** A labelled row of pictures; returns `draw(pictures)`. */
function addRow(parent, title) {
  append(parent, "div", "vae-reduction-title").textContent = title;
  const canvas = append(parent, "canvas", "vae-reduction-row");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", title);
  const context = canvas.getContext("2d");
  return (pictures) => {
    const count = pictures.length / SIDE ** 2;
    const width = count * (SIDE + GAP) - GAP;
    if (canvas.width !== width) Object.assign(canvas, { width, height: SIDE });
    canvas.style.aspectRatio = `${width} / ${SIDE}`;
    for (let k = 0; k < count; k++) {
      const picture = pictures.subarray(k * SIDE ** 2, (k + 1) * SIDE ** 2);
      paintInk(context, toInk(picture), k * (SIDE + GAP));
    }
  };
}

/** The rate-distortion plane: the trained models as dots along a line, the one at `shown` large. */
function drawPlane(canvas, figures, shown) {
  const size = fitCanvas(canvas, TEXT);
  if (!size) return; // not on the page yet
  const context = canvas.getContext("2d");
  const [rates, distortions] = [figures.map(({ kl }) => kl), figures.map(({ reconstruction }) => reconstruction)];
  const area = { left: 124, right: size.width - 40, top: 50, bottom: size.height - 112 };
  const x = scale(Math.min(0, ...rates), Math.max(1, ...rates), area.left, area.right, 0.25); // for the last label
  const y = scale(Math.min(...distortions), Math.max(...distortions), area.bottom, area.top, 0.08);
  Object.assign(context, { fillStyle: "#fff", font: `${TEXT}px sans-serif`, textAlign: "center", textBaseline: "middle" });
  context.fillRect(0, 0, size.width, size.height);
  drawAxes(context, area, x, y);
  const places = figures.map(({ kl, reconstruction }) => [x.at(kl), y.at(reconstruction)]);
  Object.assign(context, { strokeStyle: "#777", lineWidth: 4 });
  context.beginPath();
  places.forEach((place) => context.lineTo(...place));
  context.stroke();
  places.forEach((place) => disc(context, place, 10, "#0b5fa5"));
  disc(context, places[shown], 24, "#fff");
  disc(context, places[shown], 20, STRONG);
  nameDots(context, size.width, places, figures, shown);
  const { beta, kl, reconstruction } = figures[shown];
  const where = `KL ${kl.toFixed(1)}, reconstruction ${reconstruction.toFixed(1)} nats`;
  canvas.setAttribute("aria-label", `rate-distortion plane; the model shown is β = ${threeDigits(beta)}, at ${where}`);
}

/** A linear scale from `low`..`high`, with a part of it as room at its end, to pixels `start`..`end`; round ticks. */
export function scale(low, high, start, end, room) {
  const width = high - low || 1;
  const [from, to] = [low - 0.08 * width, high + room * width];
  const rough = (to - from) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const ticks = [];
  for (let k = Math.ceil(from / step); k * step <= to; k++) ticks.push(Number((k * step).toPrecision(6)));
  return { at: (value) => start + ((value - from) / (to - from)) * (end - start), ticks };
}

function drawAxes(context, area, x, y) {
  Object.assign(context, { strokeStyle: "#ddd", fillStyle: "#333", lineWidth: 2 });
  for (const tick of x.ticks) {
    strokeLine(context, [x.at(tick), area.top], [x.at(tick), area.bottom]);
    context.fillText(tick, x.at(tick), area.bottom + 26);
  }
  context.textAlign = "right";
  for (const tick of y.ticks) {
    strokeLine(context, [area.left, y.at(tick)], [area.right, y.at(tick)]);
    context.fillText(tick, area.left - 12, y.at(tick));
  }
  Object.assign(context, { strokeStyle: "#555", textAlign: "center", fillStyle: "#111" });
  strokeLine(context, [area.left, area.bottom], [area.right, area.bottom]);
  strokeLine(context, [area.left, area.bottom], [area.left, area.top]);
  context.fillText("rate: KL (nats per image)", (area.left + area.right) / 2, area.bottom + 74);
  context.save();
  context.translate(28, (area.top + area.bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText("distortion: reconstruction (nats)", 0, 0);
  context.restore();
}

/** Each dot's beta beside it. Models that collapsed lie on one point: such dots share a label. */
function nameDots(context, end, places, figures, shown) {
  const groups = [];
  places.forEach(([px, py], i) => {
    const last = groups.at(-1);
    const near = last && Math.hypot(px - last.px, py - last.py) < 44;
    if (near) last.members.push(i);
    else groups.push({ px, py, members: [i] });
  });
  for (const { px, py, members } of groups) {
    const parts = members.flatMap((i, k) => [[k ? ", " : "β = ", false], [threeDigits(figures[i].beta), i === shown]]);
    const fontOf = (strong) => `${strong ? "bold " : ""}${TEXT}px sans-serif`;
    const widths = parts.map(([text, strong]) => {
      context.font = fontOf(strong);
      return context.measureText(text).width;
    });
    const total = widths.reduce((sum, width) => sum + width, 0);
    let left = Math.min(px + 24, end - total - 8); // a label never leaves the canvas
    parts.forEach(([text, strong], k) => {
      const style = { font: fontOf(strong), textAlign: "left", fillStyle: strong ? STRONG : "#111" };
      write(context, text, [left, py - 28], { rim: 8, ...style }); // the line passes below the letters
      left += widths[k];
    });
  }
}

export default { render: makeRender(setUp) };
