// What one model makes of an image: its Gaussian q(z|x) (or its point) on the map, the digits there, and what they cost.

import { toFloats, toInk } from "./bytes.js";
import { disc, drawCross, fitCanvas, strokeRimmed, toPixel } from "./canvas.js";
import { connectBrowser, makeDecoder, makeNetwork } from "./decoder.js";
import { addDigit, SIDE } from "./digit.js";
import { append } from "./dom.js";
import { gaussianOf } from "./gaussian.js";
import { connectKernel, DECODE, ENCODE } from "./kernel_decoder.js";
import { paintLens } from "./lens.js";
import { label, nearestPoints, paintMap } from "./map.js";
import { clamp } from "./numbers.js";
import { addBars, standing } from "./spread.js";

const TEXT = 13; // height of the canvases' text, in the units that they are drawn in
const NEIGHBOURS = 5;
const WHOSE = "test images";
const [LEAST, STEP] = [2 ** -126, 2 ** -24]; // of a probability, and below 1: what single precision tells from 0

/** What an encoder said, a code or mu and logvar after each other, as { mu, sigma, kl }: an autoencoder's are 0. */
export function readCode(code) {
  return code.length === 2 ? { mu: [...code], sigma: [0, 0], kl: 0 } : gaussianOf([...code]);
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
  const bars = addBars(row, toFloats(coder.costs), WHOSE);
  const figures = append(results, "div", "vae-draw-figures");
  const showNearest = addNearest(results, map, images);

  const atZ = decoder.addPlace((ink, { image, q, z }) => {
    drawZ(ink, `at the draw z\n${point(z)}`);
    const reconstruction = crossEntropy(image, ink);
    const cost = reconstruction + q.kl;
    const kl = coder.gaussian ? ` + KL ${q.kl.toFixed(1)}` : ", no KL";
    const lines = [`reconstruction ${reconstruction.toFixed(1)}${kl}`, `= ${cost.toFixed(1)} nats,`];
    figures.textContent = [...lines, standing(bars.costs, cost, WHOSE)].join("\n"); // always three lines: what is below stays
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
    if (gaussian && !off) paintLens(context, map, q, size, 1, (place, scale) => paintCloud(context, place, q, draws, scale));
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
