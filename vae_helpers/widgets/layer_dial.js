// The layer dial: a moves nats from z₁ to z₂ and back; x is dragged in the plane of both latents.

import { disc, fitCanvas, strokeLine, toPixel, write } from "./shared/canvas.js";
import { append, onDrag } from "./shared/dom.js";
import { clamp, fixed } from "./shared/numbers.js";
import { step, toLatent } from "./shared/plane.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const TEXT = 13; // height of the plane's text, in the units that it is drawn in
const LIMIT = 3.2; // of the plane
const [POSTERIOR, SEEN] = ["#0b5fa5", "#a33e00"]; // as in plots.layer_dial
const HELP = "Drag x up or down. Arrow keys: 0.05, with Shift 0.5; Home: 0.";
const UPWARDS = { ArrowRight: "ArrowUp", ArrowLeft: "ArrowDown" };

/** All figures of one x, and the means over x, in nats: as vae_helpers.linear_hierarchy has them. */
export function figuresOf(x, a, s) {
  const [variance, left] = [1 + s * s, 1 - a * a];
  const surprise = ((x * x) / variance - 1) / variance;
  const meanTop = -0.5 * Math.log1p(-(a * a) / variance);
  const meanBottom = 0.5 * Math.log1p(left / (s * s));
  const top = 0.5 * a * a * surprise + meanTop;
  const bottom = 0.5 * left * surprise + meanBottom;
  const squared = ((x * s * s) / variance) ** 2 + (s * s) / variance;
  const reconstruction = -0.5 * (Math.log(2 * Math.PI * s * s) + squared / (s * s));
  const elbo = reconstruction - top - bottom;
  const evidence = -0.5 * (Math.log(2 * Math.PI * variance) + (x * x) / variance);
  const gap = -0.5 * Math.log(left) - meanTop;
  return { top, bottom, meanTop, meanBottom, evidence, elbo, unlinked: elbo - gap };
}

/** The posterior of (z2, z1), an ellipse: its middle, the two standard deviations and the correlation. */
export function posteriorOf(x, a, s) {
  const variance = 1 + s * s;
  const [sd2, sd1] = [Math.sqrt(1 - (a * a) / variance), s / Math.sqrt(variance)];
  return { middle: [(a * x) / variance, x / variance], sd2, sd1, rho: (a * s * s) / variance / (sd1 * sd2) };
}

/** Where a key takes x, or null for a key that doesn't move it. */
export function stepOf(x, key, shift, limit) {
  return step([0, x], UPWARDS[key] ?? key, shift, limit)?.[1] ?? null;
}

/** The nats that the whole width of the bars stands for: it doesn't depend on a. */
export function widthOf({ top, bottom, meanTop, meanBottom }) {
  return Math.max(1, Math.ceil(Math.max(top + bottom, meanTop + meanBottom) - 1e-9));
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-layer-dial");
  const ranges = model.get("ranges");
  const saving = saveNowAndThen(model);
  onStop(saving.stop);
  const set = (name, value) => {
    model.set(name, value);
    saving.soon();
  };
  const canvas = addPlane(el, ranges.x[1], () => model.get("x"), (x) => set("x", x));
  const side = append(el, "div", "vae-layer-dial-side");
  const addDial = (name, text, step) => {
    const [min, max] = ranges[name];
    return addFader(side, text, { min, max, step }, (value) => set(name, value));
  };
  const dials = { a: addDial("a", "a", 0.01), s: addDial("s", "s", 0.05) };
  const showBars = addBars(side);
  const text = append(side, "div", "vae-figures");
  onStop(addFullScreen(append(side, "div", "vae-controls"), el));
  const note = "Turn a. Drag x (brown) in the plane. Dashed: prior of both latents; blue: posterior; rings at 1 and 2 standard deviations.";
  append(side, "div", "vae-note").textContent = note;

  const draw = () => {
    const [a, s, x] = ["a", "s", "x"].map((name) => model.get(name));
    const figures = figuresOf(x, a, s);
    const parts = `z₂ ${fixed(figures.top)}, z₁ ${fixed(figures.bottom)} nats`;
    dials.a(a, `${fixed(a)}, KL of ${parts}`);
    dials.s(s, fixed(s));
    showBars(figures);
    text.textContent =
      `log p(x) = ${fixed(figures.evidence)} nats\n` +
      `ELBO, exact q: ${fixed(figures.elbo)}\n` +
      `ELBO, q without a link: ${fixed(figures.unlinked)}`;
    canvas.setAttribute("aria-valuenow", x.toFixed(2));
    canvas.setAttribute("aria-valuetext", `x ${fixed(x)}, KL of ${parts}`);
    drawPlane(canvas, x, a, s);
  };
  onStop(drawOnChange(model, el, ["a", "s", "x"], draw));
  // this view is its own stage, whose classes no one changes once it is drawn
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  onStop(onResize(canvas, draw));
  onStop(tendStage(el));
}

/** The plane, a slider for x: as high as the hand is. */
function addPlane(parent, limit, read, onX) {
  const canvas = append(parent, "canvas", "vae-layer-dial-plane");
  canvas.tabIndex = 0;
  const names = { role: "slider", "aria-orientation": "vertical", "aria-label": `x, in the plane of z₂ and z₁. ${HELP}` };
  const range = { "aria-valuemin": -limit, "aria-valuemax": limit };
  for (const [name, value] of Object.entries({ ...names, ...range })) canvas.setAttribute(name, value);
  const move = ({ clientX, clientY }) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    const [, height] = toLatent(clientX - left, clientY - top, width, LIMIT);
    onX(clamp(Math.round(100 * height) / 100, limit));
  };
  const begin = (event) => {
    canvas.focus({ preventScroll: true });
    move(event);
  };
  const held = onDrag(canvas, { begin, move });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || held()) return;
    const x = stepOf(read(), event.key, event.shiftKey, limit);
    if (x === null) return;
    event.preventDefault(); // else the page would scroll
    onX(x);
  });
  return canvas;
}

/** A dial with its name; returns what shows another value, and says it in words. */
function addFader(parent, name, range, onValue) {
  const label = append(parent, "label", "vae-layer-dial-row");
  append(label, "span", "vae-layer-dial-name").textContent = name;
  const fader = Object.assign(append(label, "input", "vae-fader"), { type: "range", ...range });
  fader.setAttribute("aria-label", name);
  const figure = append(label, "span", "vae-layer-dial-figure");
  fader.addEventListener("input", () => onValue(Number(fader.value)));
  return (value, words) => {
    fader.value = value;
    fader.setAttribute("aria-valuetext", words);
    figure.textContent = fixed(value);
  };
}

/** Two stacked bars, for this x and for the mean over x; returns what shows other figures. */
function addBars(parent) {
  const box = append(parent, "div", "vae-layer-dial-bars");
  box.setAttribute("role", "img");
  const key = append(box, "div", "vae-layer-dial-key");
  append(key, "span", "vae-layer-dial-top").textContent = "KL of z₂";
  append(key, "span", "vae-layer-dial-bottom").textContent = "KL of z₁";
  const scale = append(key, "span", "vae-layer-dial-scale");
  const rows = ["this x", "mean over x"].map((name) => {
    const row = append(box, "div", "vae-layer-dial-bar");
    const words = append(row, "div", "");
    const track = append(row, "div", "vae-layer-dial-track");
    return { name, words, parts: [append(track, "span", "vae-layer-dial-top"), append(track, "span", "vae-layer-dial-bottom")] };
  });
  return (figures) => {
    const full = widthOf(figures);
    scale.textContent = `whole width: ${full} nat${full === 1 ? "" : "s"}`;
    const pairs = [[figures.top, figures.bottom], [figures.meanTop, figures.meanBottom]];
    rows.forEach(({ name, words, parts }, k) => {
      const [top, bottom] = pairs[k];
      words.textContent = `${name}: ${fixed(top)} + ${fixed(bottom)} = ${fixed(top + bottom)}`;
      parts.forEach((part, i) => (part.style.width = `${(100 * pairs[k][i]) / full}%`));
    });
    box.setAttribute("aria-label", `KL of z₂ plus KL of z₁, in nats. ${rows.map(({ words }) => words.textContent).join("; ")}`);
  };
}

/** Dashed the prior, blue the posterior, brown the x that is seen. */
function drawPlane(canvas, x, a, s) {
  const size = fitCanvas(canvas, TEXT)?.width;
  if (!size) return; // not on the page yet
  const context = canvas.getContext("2d");
  const at = (z2, z1) => toPixel(z2, z1, size, LIMIT);
  Object.assign(context, { fillStyle: "#fff", lineJoin: "round" });
  context.fillRect(0, 0, size, size);
  Object.assign(context, { strokeStyle: "#999", lineWidth: 1 });
  strokeLine(context, at(-LIMIT, 0), at(LIMIT, 0));
  strokeLine(context, at(0, -LIMIT), at(0, LIMIT));
  const prior = { middle: [0, 0], sd2: 1, sd1: 1, rho: a };
  for (const radius of [2, 1]) {
    tracePath(context, posteriorOf(x, a, s), radius, at);
    context.fillStyle = `${POSTERIOR}55`;
    context.fill();
    tracePath(context, prior, radius, at);
    Object.assign(context, { strokeStyle: "#444", lineWidth: 2 });
    context.setLineDash([6, 5]);
    context.stroke();
    context.setLineDash([]);
  }
  Object.assign(context, { strokeStyle: SEEN, lineWidth: 2.5 });
  strokeLine(context, at(-LIMIT, x), at(LIMIT, x));
  disc(context, [size - 12, at(0, x)[1]], 7, SEEN);
  const text = { rim: 4, fillStyle: "#111", font: `bold ${TEXT}px sans-serif`, textBaseline: "middle" };
  write(context, "z₂", [size - 5, size / 2 + 12], { ...text, textAlign: "right" });
  write(context, "z₁", [size / 2 + 6, 11], { ...text, textAlign: "left" });
  const beside = x > 2.7 ? 13 : -13; // the name stands above the line, where there is room
  write(context, `x = ${fixed(x)}`, [6, at(0, x)[1] + beside], { ...text, fillStyle: SEEN, textAlign: "left" });
}

function tracePath(context, { middle, sd2, sd1, rho }, radius, at) {
  context.beginPath();
  for (let k = 0; k <= 90; k++) {
    const [across, along] = [Math.cos, Math.sin].map((f) => radius * f((2 * Math.PI * k) / 90));
    context.lineTo(...at(middle[0] + sd2 * across, middle[1] + sd1 * (rho * across + Math.sqrt(1 - rho * rho) * along)));
  }
}

export default { render: makeRender(setUp) };
