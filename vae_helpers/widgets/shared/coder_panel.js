// What one model makes of an image: its Gaussian q(z|x) (or its point) on the map, the digits there, and what they cost.

import { toFloats, toInk } from "./bytes.js";
import { disc, drawCross, fitCanvas, strokeRimmed, toPixel } from "./canvas.js";
import { connectBrowser, makeDecoder, makeNetwork } from "./decoder.js";
import { addDigit, SIDE } from "./digit.js";
import { append } from "./dom.js";
import { connectKernel, DECODE, ENCODE } from "./kernel_decoder.js";
import { label, nearestPoints, paintMap } from "./map.js";
import { clamp } from "./numbers.js";

const TEXT = 13; // height of the canvases' text, in the units that they are drawn in
const NEIGHBOURS = 5;
const BARS = 40;
const COUNT = new Intl.NumberFormat("en"); // made once: it takes as long as a network
const LENS = { radius: 42, times: [5, 2] };
const [LEAST, STEP] = [2 ** -126, 2 ** -24]; // of a probability, and below 1: what single precision tells from 0

/** What an encoder said, a code or mu and logvar after each other, as { mu, sigma, kl }: an autoencoder's are 0. */
export function readCode(code) {
  const mu = [code[0], code[1]];
  if (code.length === 2) return { mu, sigma: [0, 0], kl: 0 };
  const logvar = [code[2], code[3]];
  const kl = -0.5 * [0, 1].reduce((sum, j) => sum + 1 + logvar[j] - mu[j] ** 2 - Math.exp(logvar[j]), 0);
  return { mu, sigma: logvar.map((value) => Math.exp(value / 2)), kl: Math.max(0, kl) }; // rounding may go below
}

/** The draws mu + sigma * eps, for eps a, b, a, b, ... */
export function drawsOf({ mu, sigma }, eps) {
  return Array.from({ length: eps.length / 2 }, (_, k) => [0, 1].map((j) => mu[j] + sigma[j] * eps[2 * k + j]));
}

/** The reconstruction term in nats: the cross-entropy of an image and a digit, summed over pixels. */
export function crossEntropy(image, ink) {
  const cost = (share, probability) => (share > 0 ? -share * Math.log(probability) : 0);
  const terms = (x, p) => cost(x, Math.max(p, LEAST)) + cost(1 - x, Math.max(1 - p, STEP));
  return image.reduce((sum, x, i) => sum + terms(x, ink[i]), 0);
}

/** Where a value stands among sorted ones, in words. */
export function standing(sorted, value) {
  const below = sorted.findIndex((one) => one >= value);
  const all = `${COUNT.format(sorted.length)} test images`;
  if (below === 0) return `less than all ${all}`;
  if (below < 0) return `more than all ${all}`;
  return `more than ${Math.floor((100 * below) / sorted.length)} % of ${all}`;
}

/**
 * A panel for coder number `k` of the widget. Returns `show(image, eps)`, `fit()`, which says whether the panel's size
 * has changed, its map's canvas, and `stop()`.
 */
export function addCoderPanel(parent, model, k, images) {
  const coder = model.get("coders")[k];
  const panel = append(parent, "div", "vae-draw-panel");
  if (coder.name) append(panel, "h4", "vae-title").textContent = coder.name;
  const { encoder, decoder } = connect(coder, model, k, panel);
  const map = addMap(panel, model, coder);
  const results = append(panel, "div", "vae-draw-results");
  const row = append(results, "div", "vae-digits vae-draw-row");
  const drawAtMu = decoder.addPlace(addDigit(row, ""));
  const drawZ = coder.gaussian ? addDigit(row, "") : () => {};
  const bars = addBars(row, toFloats(coder.costs));
  const figures = append(results, "div", "vae-draw-figures");
  const showNearest = addNearest(results, map, images);

  const atZ = decoder.addPlace((ink, { image, q, z }) => {
    drawZ(ink, `at the draw z\n${point(z)}`);
    const reconstruction = crossEntropy(image, ink);
    const cost = reconstruction + q.kl;
    const kl = coder.gaussian ? ` + KL ${q.kl.toFixed(1)}` : ", no KL";
    const lines = [`reconstruction ${reconstruction.toFixed(1)}${kl}`, `= ${cost.toFixed(1)} nats,`];
    figures.textContent = [...lines, standing(bars.costs, cost)].join("\n"); // always three lines: what is below stays
    bars.draw(cost);
  });
  const encode = encoder.addPlace((code, { image, eps }) => {
    const q = readCode(code);
    const draws = drawsOf(q, eps);
    drawAtMu(q.mu, coder.gaussian ? `at the mean μ\n${point(q.mu)}` : `at its code z\n${point(q.mu)}`);
    atZ(draws[0], { image, q, z: draws[0] });
    map.draw(q, draws);
    showNearest(q.mu);
  });
  const fit = () => [map.fit(), bars.fit()].some(Boolean);
  const stop = () => [encoder, decoder].forEach((one) => one.stop());
  return { show: (image, eps) => encode(image, { image, eps }), fit, canvas: map.canvas, stop };
}

/** What encodes and decodes: the browser, or the kernel where Python sent no layers. */
function connect(coder, model, k, panel) {
  const weights = (name) => toFloats(coder[`${name}_weights`]);
  const encoder = coder.encoder.length
    ? connectBrowser(makeNetwork(coder.encoder, weights("encoder")))
    : connectKernel(model, panel, ENCODE, { coder: k });
  const decoder = coder.decoder.length
    ? connectBrowser(makeDecoder(coder.decoder, weights("decoder")))
    : connectKernel(model, panel, DECODE, { coder: k });
  return { encoder, decoder };
}

function point(z) {
  return `(${z.map((value) => value.toFixed(2).replace(/^-(0\.00)$/, "$1")).join(", ")})`;
}

function addMap(parent, model, { points, limit, gaussian }) {
  const canvas = append(parent, "canvas", "vae-draw-map");
  canvas.setAttribute("role", "img");
  const context = canvas.getContext("2d");
  const map = { points: toFloats(points), labels: model.get("point_labels"), colors: model.get("colors"), limit };
  let [size, background] = [0, null];
  const fit = () => {
    const wanted = fitCanvas(canvas, TEXT)?.width ?? 0;
    if (wanted === 0 || (wanted === size && background.width === canvas.width)) return false;
    size = wanted;
    background = paintMap(map, canvas, canvas.width / size, gaussian);
    return true;
  };
  const draw = (q, draws) => {
    const off = q.mu.some((value) => Math.abs(value) > limit);
    const sigmas = gaussian ? `, sigma ${point(q.sigma)}` : "";
    canvas.setAttribute("aria-label", `latent map; the image lies at ${point(q.mu)}${sigmas}`);
    if (!background) return; // not on the page yet
    context.drawImage(background, 0, 0, size, size);
    const place = ([x, y]) => toPixel(clamp(x, limit), clamp(y, limit), size, limit);
    paintCloud(context, place, q, draws, size / (2 * limit));
    if (gaussian && !off) paintLens(context, map, q, draws, size);
    if (off) label(context, "beyond the edge of the map", [size / 2, 28], "center", 1);
  };
  return { ...map, canvas, fit, draw };
}

/** The two-sigma ellipse, the draws, the mean as a cross and the first draw larger; `scale`: pixels to a unit of z. */
function paintCloud(context, place, q, draws, scale) {
  if (q.sigma[0] > 0) {
    draws.forEach((z) => disc(context, place(z), 2.5, "#fff"));
    draws.forEach((z) => disc(context, place(z), 1.7, "#111"));
    context.beginPath();
    context.ellipse(...place(q.mu), ...q.sigma.map((value) => 2 * value * scale), 0, 0, 2 * Math.PI);
    strokeRimmed(context, { width: 2, rim: 4.5 });
  }
  drawCross(context, place(q.mu), { to: 6, width: 2, rim: 5 });
  if (q.sigma[0] === 0) return;
  disc(context, place(draws[0]), 5.5, "#fff");
  disc(context, place(draws[0]), 4, "#111");
}

/** The neighbourhood of the mean, enlarged, in a corner, or in the next one if the mean is there: most clouds are small. */
function paintLens(context, { points, labels, colors, limit }, q, draws, size) {
  const radius = Math.min(LENS.radius, size / 7); // or it would hide too much of a small map
  const units = size / (2 * limit);
  const times = LENS.times.find((one) => 2 * Math.max(...q.sigma) * units * one < radius) ?? LENS.times.at(-1);
  const [x, y] = toPixel(...q.mu, size, limit);
  const [left, above, below] = [size - radius - 8, radius + 8, size - radius - 24]; // 24: below it the name of the axis
  const top = Math.hypot(x - left, y - above) < 1.6 * radius ? below : above; // it would jump about if it were farthest
  context.save();
  context.beginPath();
  context.arc(left, top, radius, 0, 2 * Math.PI);
  strokeRimmed(context, { width: 2, rim: 5 });
  context.fillStyle = "#fff";
  context.fill();
  context.clip();
  const scale = times * units;
  const place = (z) => [left + (z[0] - q.mu[0]) * scale, top - (z[1] - q.mu[1]) * scale];
  context.globalAlpha = 0.5;
  labels.forEach((one, i) => {
    const at = place([points[2 * i], points[2 * i + 1]]);
    if (Math.hypot(at[0] - left, at[1] - top) < radius + 3) disc(context, at, 3, colors[one]);
  });
  context.globalAlpha = 1;
  paintCloud(context, place, q, draws, scale);
  context.restore();
  label(context, `× ${times}`, [left, top + (top < size / 2 ? radius + 10 : -radius - 10)], "center", 1);
}

/** How the costs of the test images are spread, and where this image's is. */
function addBars(parent, costs) {
  const canvas = append(parent, "canvas", "vae-draw-bars");
  canvas.setAttribute("role", "img");
  const context = canvas.getContext("2d");
  const [least, most] = [costs[0], costs[0] + 1.3 * (costs.at(-1) - costs[0])];
  const counts = new Array(BARS).fill(0);
  costs.forEach((cost) => (counts[Math.floor((BARS * (cost - least)) / (most - least || 1))] += 1));
  const highest = Math.max(...counts);
  let size = null;
  const fit = () => {
    const before = size;
    size = fitCanvas(canvas, TEXT);
    return Boolean(size) && (before?.width !== size.width || before?.height !== size.height);
  };
  const draw = (cost) => {
    canvas.setAttribute("aria-label", `how the costs of test images are spread; this one costs ${standing(costs, cost)}`);
    if (!size) return;
    const { width, height } = size;
    context.clearRect(0, 0, width, height);
    context.fillStyle = "#888";
    counts.forEach((count, k) => {
      const high = (count / highest) * (height - 2);
      context.fillRect((k * width) / BARS, height - high, width / BARS - 0.5, high);
    });
    const x = Math.min(Math.max(((cost - least) / (most - least || 1)) * width, 2), width - 2);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    strokeRimmed(context, { width: 3, rim: 5, color: "#b00000" });
  };
  return { costs, fit, draw };
}

/** The row of the test images that lie nearest; returns what fills it. */
function addNearest(parent, { points, labels }, images) {
  const count = images.length / SIDE ** 2;
  append(parent, "div", "vae-draw-nearest-title").textContent = "the nearest test images";
  const row = append(parent, "div", "vae-digits vae-draw-nearest");
  const draws = Array.from({ length: Math.min(NEIGHBOURS, count) }, () => addDigit(row, ""));
  let shown = [];
  return (z) => {
    const found = nearestPoints(points.subarray(0, 2 * count), z, draws.length);
    found.forEach((i, n) => {
      if (i === shown[n]) return; // a stroke's next point rarely changes all
      draws[n](toInk(images.subarray(SIDE ** 2 * i, SIDE ** 2 * (i + 1))), `a ${labels[i]}`);
    });
    shown = found;
  };
}
