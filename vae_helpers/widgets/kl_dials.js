// Two dials, mu and sigma: the densities q and p above, the integrand q log(q/p) below, its areas shaded by sign.

import { toFloats } from "./shared/bytes.js";
import { fitCanvas } from "./shared/canvas.js";
import { addButton, append } from "./shared/dom.js";
import { normalDraws } from "./shared/numbers.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const TEXT = 26; // height of the pictures' text, in the units that they are drawn in
const STEPS = 600;

const logNormal = (z, mu, sigma) => -0.5 * ((z - mu) / sigma) ** 2 - Math.log(sigma) - 0.5 * Math.log(2 * Math.PI);

/** The pictures' z runs from -reach to reach: a fixed scale until four standard deviations of q need a longer one. */
export function reachOf(mu, sigma) {
  return Math.max(6, 2 * Math.ceil((Math.abs(mu) + 4 * sigma) / 2));
}

/** KL(N(mu, sigma^2) || N(0, 1)) in nats. */
export function closedForm(mu, sigma) {
  return -0.5 * (1 + 2 * Math.log(sigma) - mu * mu - sigma * sigma);
}

/** The mean of log q - log p over z = mu + sigma eps, and half the width of its 95 % band. */
export function monteCarlo(mu, sigma, eps) {
  const values = Array.from(eps, (e) => logNormal(mu + sigma * e, mu, sigma) - logNormal(mu + sigma * e, 0, 1));
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
  return { mean, band: 1.96 * Math.sqrt(variance / values.length) };
}

/** The areas of the integrand above and below zero, by the trapezoidal rule around q. */
export function signedAreas(mu, sigma) {
  const areas = { positive: 0, negative: 0 };
  const width = (16 * sigma) / STEPS;
  for (let k = 0; k <= STEPS; k++) {
    const z = mu - 8 * sigma + k * width;
    const value = Math.exp(logNormal(z, mu, sigma)) * (logNormal(z, mu, sigma) - logNormal(z, 0, 1)) * width;
    areas[value > 0 ? "positive" : "negative"] += value;
  }
  return areas;
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-dials");
  const canvases = ["the densities q and p", "the integrand q log(q / p)"].map((label) => addCanvas(el, label));
  const text = append(el, "div", "vae-figures");
  text.setAttribute("role", "status");
  const controls = append(el, "div", "vae-controls");
  addButton(controls, "draw again", "new samples for the Monte Carlo estimate", () => {
    model.set("eps", new DataView(normalDraws(model.get("eps").byteLength / 4).buffer));
    model.save_changes();
  });
  const draw = () => {
    const [mu, sigma] = [model.get("mu"), model.get("sigma")];
    if (!(sigma > 0)) throw new Error(`sigma must be above 0, got ${sigma}`);
    const q = (z) => Math.exp(logNormal(z, mu, sigma));
    const p = (z) => Math.exp(logNormal(z, 0, 1));
    const integrand = (z) => q(z) * (logNormal(z, mu, sigma) - logNormal(z, 0, 1));
    const reach = reachOf(mu, sigma);
    const densities = [{ f: p, color: "#555", dash: [14, 8], name: "p" }, { f: q, color: "#0b5fa5", name: "q" }];
    drawCurves(canvases[0], reach, densities);
    drawCurves(canvases[1], reach, [{ f: integrand, color: "#111", shade: true, name: "q log(q/p)" }]);
    const areas = signedAreas(mu, sigma);
    const estimate = monteCarlo(mu, sigma, toFloats(model.get("eps")));
    const nats = (value) => value.toFixed(3);
    text.textContent =
      `closed form: ${nats(closedForm(mu, sigma))} nats\n` +
      `areas: ${nats(areas.positive)} above (blue) − ${nats(-areas.negative)} below (orange)\n` +
      `Monte Carlo, ${model.get("eps").byteLength / 4} draws: ${nats(estimate.mean)} ± ${nats(estimate.band)}`;
  };
  onStop(drawOnChange(model, el, ["mu", "sigma", "eps"], draw));
  for (const canvas of canvases) onStop(onResize(canvas, draw));
  onStop(addFullScreen(controls, el));
  onStop(tendStage(el));
}

function addCanvas(parent, label) {
  const canvas = append(parent, "canvas", "vae-curves");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  return canvas;
}

/** Curves on one scale that just holds them; the scale never shrinks below 0.45, so that small changes look small. */
function drawCurves(canvas, reach, curves) {
  const size = fitCanvas(canvas, TEXT);
  if (!size) return; // not on the page yet
  const context = canvas.getContext("2d");
  const grid = Array.from({ length: STEPS + 1 }, (_, k) => -reach + (2 * reach * k) / STEPS);
  const values = curves.map(({ f }) => grid.map(f));
  const top = Math.max(0.45, ...values.flat());
  const bottom = Math.min(0, ...values.flat());
  const x = (z) => ((z + reach) / (2 * reach)) * size.width;
  const y = (v) => size.height - 30 - ((v - bottom) / (top - bottom)) * (size.height - 60);
  Object.assign(context, { fillStyle: "#fff", font: `${TEXT}px sans-serif`, lineWidth: 2 });
  context.fillRect(0, 0, size.width, size.height);
  axis(context, size, reach, x, y(0));
  curves.forEach(({ color, dash = [], shade }, i) => {
    if (shade) shadeBySign(context, grid, values[i], x, y);
    Object.assign(context, { strokeStyle: color, lineWidth: 5 });
    context.setLineDash(dash);
    context.beginPath();
    grid.forEach((z, k) => context.lineTo(x(z), y(values[i][k])));
    context.stroke();
    context.setLineDash([]);
  });
  curves.forEach(({ name, color }, i) => {
    context.fillStyle = color;
    context.fillText(name, 16, 34 + 32 * i);
  });
}

function axis(context, size, reach, x, zero) {
  Object.assign(context, { strokeStyle: "#999", fillStyle: "#555" });
  context.beginPath();
  context.moveTo(0, zero);
  context.lineTo(size.width, zero);
  context.stroke();
  const step = reach > 8 ? 4 : 2;
  for (let z = -step * Math.floor((reach - 1) / step); z < reach; z += step) context.fillText(z, x(z) - 8, size.height - 4);
  context.fillText("z", size.width - 22, size.height - 4);
}

function shadeBySign(context, grid, values, x, y) {
  const width = x(grid[1]) - x(grid[0]);
  values.forEach((value, k) => {
    context.fillStyle = value > 0 ? "#8ec5f2" : "#ffc766";
    context.fillRect(x(grid[k]) - width / 2, Math.min(y(0), y(value)), width + 1, Math.abs(y(value) - y(0)));
  });
}

export default { render: makeRender(setUp) };
