// Frozen noise on the left, the same noise moved and stretched on the right, and one sample's digit.

import { toFloats } from "./shared/bytes.js";
import { disc, drawCross, fitCanvas, fromPixel, strokeLine, strokeRimmed, toPixel, write } from "./shared/canvas.js";
import { connectDecoder } from "./shared/decoder.js";
import { addDigit } from "./shared/digit.js";
import { addButton, append } from "./shared/dom.js";
import { fixed } from "./shared/numbers.js";
import { lerp } from "./shared/paths.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const TEXT = 26; // height of the planes' text, in the units that they are drawn in
const REACH = 3.5; // both planes run from -REACH to REACH, so that their sizes can be compared
const DIALS = ["mu1", "mu2", "sigma1", "sigma2"];
const SUBSCRIPTS = ["₁", "₂"];
// A colour for each direction of eps: a ring that differs in blue-yellow and in lightness, so that readers who
// confuse red and green can follow a dot too.
const RING = [[208, 120, 0], [74, 150, 116], [31, 111, 200], [84, 20, 74]];

/** z = mu + sigma * eps for points in a row: x, y, x, y, ... */
export function reparameterize(mu, sigma, eps) {
  return Array.from(eps, (e, i) => mu[i % 2] + sigma[i % 2] * e);
}

/** Which of the points x, y, x, y, ... is the nearest to (x, y). */
export function nearestPoint(points, x, y) {
  let [best, least] = [0, Infinity];
  for (let i = 0; 2 * i < points.length; i++) {
    const distance = Math.hypot(points[2 * i] - x, points[2 * i + 1] - y);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** The numbers of set `draw` out of all sets, a pair for each of its `draws`. */
export function oneSet(eps, draw, draws) {
  const sets = eps.length / (2 * draws);
  if (!(draw >= 0 && draw < sets)) throw new Error(`draw must be from 0 to ${sets - 1}, got ${draw}`);
  return eps.slice(2 * draws * draw, 2 * draws * (draw + 1));
}

/** How many of the points x, y, x, y, ... the planes can't show. */
export function countOutside(points) {
  let outside = 0;
  for (let i = 0; i < points.length; i += 2) {
    if (Math.max(Math.abs(points[i]), Math.abs(points[i + 1])) > REACH) outside++;
  }
  return outside;
}

/** The colour of a direction. */
export function directionColor(x, y) {
  const turn = (Math.atan2(y, x) / (2 * Math.PI) + 1) % 1;
  const at = turn * RING.length;
  const [from, to] = [RING[Math.floor(at) % RING.length], RING[Math.ceil(at) % RING.length]];
  return `rgb(${lerp(from, to, at % 1).map(Math.round).join(", ")})`;
}

/** The line of figures for dimension i. Eps has a decimal more than z: else the sum would often seem off by 0.01. */
export function equation(i, mu, sigma, eps) {
  const s = SUBSCRIPTS[i];
  const noise = fixed(eps[i], 3);
  const factor = noise.startsWith("−") ? `(${noise})` : noise;
  const z = fixed(mu[i] + sigma[i] * eps[i]);
  return (
    `z${s} = μ${s} + σ${s} ε${s} = ${fixed(mu[i])} + ${fixed(sigma[i])} × ${factor} = ${z}` +
    `\t∂z${s}/∂μ${s} = 1,\u2002∂z${s}/∂σ${s} = ε${s} = ${noise}`
  );
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-reparameterization");
  const decoder = connectDecoder(model, el);
  onStop(decoder.stop);
  const row = append(el, "div", "vae-planes");
  const noisePlane = addPlane(row, "ε ~ N(0, I): frozen", "ε");
  const latentPlane = addPlane(row, "z = μ + σ ε: moves and stretches", "z");
  const side = append(row, "div", "vae-side");
  const showDigit = decoder.addPlace(addDigit(side, "vae-large"));
  const showSet = addFreshButton(side, model);
  onStop(addFullScreen(side, el));
  const text = append(el, "div", "vae-figures");
  text.setAttribute("role", "status");
  const showChosen = addStepping(noisePlane.canvas, model);
  const pick = (position) => choose(model, position);
  noisePlane.onPick(pick);
  latentPlane.onPick(pick);

  const draw = () => {
    const { mu, sigma, eps, chosen } = read(model);
    const z = reparameterize(mu, sigma, eps);
    const one = (points) => Array.from(points.slice(2 * chosen, 2 * chosen + 2));
    const colors = Array.from({ length: eps.length / 2 }, (_, i) => directionColor(eps[2 * i], eps[2 * i + 1]));
    noisePlane.draw({ points: eps, colors, chosen, center: [0, 0], radii: [1, 1] });
    latentPlane.draw({ points: z, colors, chosen, center: mu, radii: sigma, cross: true });
    showDigit(one(z), `decoded at\nz = ${pair(one(z))}`);
    showSet();
    showChosen(one(eps));
    const where = `z-plane; μ is at ${pair(mu)}, the chosen sample at ${pair(one(z))}`;
    latentPlane.canvas.setAttribute("aria-label", where);
    text.textContent = [0, 1].map((i) => equation(i, mu, sigma, one(eps))).join("\n");
  };
  onStop(drawOnChange(model, el, [...DIALS, "eps", "draws", "draw", "chosen"], draw));
  onStop(onResize(noisePlane.canvas, draw));
  onStop(tendStage(el));
}

const pair = (point) => `(${point.map((value) => fixed(value)).join(", ")})`;

/** The traits as the drawing wants them; an error where one can't be drawn. */
function read(model) {
  const [mu1, mu2, sigma1, sigma2] = DIALS.map((name) => model.get(name));
  if (!(sigma1 > 0 && sigma2 > 0)) throw new Error(`sigma must be above 0, got ${sigma1} and ${sigma2}`);
  const [draw, draws, chosen] = ["draw", "draws", "chosen"].map((name) => model.get(name));
  if (!(chosen >= 0 && chosen < draws)) throw new Error(`chosen must be from 0 to ${draws - 1}, got ${chosen}`);
  return { mu: [mu1, mu2], sigma: [sigma1, sigma2], eps: oneSet(toFloats(model.get("eps")), draw, draws), chosen };
}

function choose(model, position) {
  model.set("chosen", position);
  model.save_changes();
}

/** The button for the next set, with the set's number; returns what shows that number. */
function addFreshButton(parent, model) {
  const sets = () => model.get("eps").byteLength / (8 * model.get("draws"));
  const button = addButton(parent, "fresh ε", "draw another set of ε; μ and σ stay", () => {
    model.set("draw", (model.get("draw") + 1) % sets());
    model.save_changes();
  });
  const label = append(parent, "div", "vae-note");
  return () => {
    button.disabled = sets() < 2;
    label.textContent = `set ${model.get("draw") + 1} of ${sets()}`;
  };
}

/** Left and right arrow keys choose the sample before and after; returns what tells a screen reader of it. */
function addStepping(canvas, model) {
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "slider");
  canvas.setAttribute("aria-label", "ε-plane; arrow keys choose another sample");
  canvas.setAttribute("aria-valuemin", 1);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // else a page wider than the window would scroll
    const draws = model.get("draws");
    choose(model, (model.get("chosen") + step + draws) % draws);
  });
  return (eps) => {
    const [chosen, draws] = [model.get("chosen") + 1, model.get("draws")];
    canvas.setAttribute("aria-valuemax", draws);
    canvas.setAttribute("aria-valuenow", chosen);
    canvas.setAttribute("aria-valuetext", `sample ${chosen} of ${draws}, ε = ${pair(eps)}`);
  };
}

/** A titled plane: `draw(cloud)`, and `onPick(f)`, which calls f with the position of the dot nearest to a click. */
function addPlane(parent, title, axisName) {
  const frame = append(parent, "figure", "vae-plane");
  append(frame, "figcaption", "").textContent = title;
  const canvas = append(frame, "canvas", "");
  canvas.setAttribute("role", "img");
  let shown = [];
  const draw = (cloud) => {
    shown = cloud.points;
    drawCloud(canvas, axisName, cloud);
  };
  const onPick = (f) =>
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      f(nearestPoint(shown, ...fromPixel(event.clientX - box.left, event.clientY - box.top, box.width, REACH)));
    });
  return { canvas, draw, onPick };
}

/** Dots, the ellipses of 1 and 2 standard deviations, and the way from the centre to the chosen dot. */
function drawCloud(canvas, axisName, { points, colors, chosen, center, radii, cross }) {
  const size = fitCanvas(canvas, TEXT)?.width;
  if (!size) return; // not on the page yet
  const context = canvas.getContext("2d");
  const place = (x, y) => toPixel(x, y, size, REACH);
  drawAxes(context, size, place, axisName);
  colors.forEach((color, i) => disc(context, place(points[2 * i], points[2 * i + 1]), 7, color));
  const [from, to] = [place(...center), place(points[2 * chosen], points[2 * chosen + 1])];
  for (const k of [1, 2]) drawEllipse(context, from, radii.map((r) => (k * r * size) / (2 * REACH)));
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  strokeRimmed(context, { width: 4, rim: 9 });
  if (cross) drawCross(context, from, { to: 24, width: 6, rim: 12 }); // sticks out from under the chosen dot
  disc(context, to, 17, "#fff");
  disc(context, to, 13, "#111");
  const outside = countOutside(points);
  if (outside) label(context, `${outside} of ${colors.length} out of sight`, [size - 12, 32], "right");
}

function drawAxes(context, size, place, name) {
  Object.assign(context, { fillStyle: "#fff", font: `${TEXT}px sans-serif` });
  context.fillRect(0, 0, size, size);
  Object.assign(context, { strokeStyle: "#bbb", lineWidth: 2 });
  strokeLine(context, place(-REACH, 0), place(REACH, 0));
  strokeLine(context, place(0, -REACH), place(0, REACH));
  for (let value = -3; value <= 3; value++) {
    const [x, y] = place(value, value);
    label(context, fixed(value, 0), [x, size - 10], "center");
    if (value > -3) label(context, fixed(value, 0), [10, y + 9], "left"); // the lowest would meet the row below
  }
  label(context, `${name}${SUBSCRIPTS[0]}`, [size - 8, size - 46], "right");
  label(context, `${name}${SUBSCRIPTS[1]}`, [44, 32], "left");
}

function label(context, text, at, textAlign) {
  write(context, text, at, { rim: 8, fillStyle: "#444", textAlign });
}

/** Over the dots, because a small sigma crowds them so much that they would hide it. */
function drawEllipse(context, center, radii) {
  context.beginPath();
  context.ellipse(...center, ...radii, 0, 0, 2 * Math.PI);
  strokeRimmed(context, { width: 3, rim: 5, color: "#555" });
}

export default { render: makeRender(setUp) };
