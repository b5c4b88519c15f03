// The axes dial: a plane of two latents is turned; the image stays, the sliders' axes and the MIG don't.

import { toFloats, toWeights } from "./shared/bytes.js";
import { disc, drawCross, fitCanvas, strokeLine, toPixel, write } from "./shared/canvas.js";
import { makeDecoder } from "./shared/decoder.js";
import { addDigit } from "./shared/digit.js";
import { addButton, append, onDrag } from "./shared/dom.js";
import { asFactor, gapsOf, informationOf, meanGap } from "./shared/information.js";
import { keepLast } from "./shared/memory.js";
import { clamp, fixed } from "./shared/numbers.js";
import { toLatent } from "./shared/plane.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const LEVELS = 65535; // of a draw, as it is sent
const TEXT = 13; // height of the plane's text, in the units that it is drawn in
const [ALONG_X, ALONG_Y] = ["#0b5fa5", "#c04a00"]; // as in plots.place_maps; and thick and thin: not told by colour alone

/** Two coordinates in axes that are turned by so many degrees: z' = R z. Turned back, z = R^T z', with -degrees. */
export function turned(a, b, degrees) {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos * a - sin * b, sin * a + cos * b];
}

/** What the sliders show: z, but z' in the plane. */
export function toSliders(z, plane, degrees) {
  return inPlane(z, plane, degrees);
}

/** The latents when the sliders show `shown`: the inverse of `toSliders`. */
export function toLatents(shown, plane, degrees) {
  return inPlane(shown, plane, -degrees);
}

function inPlane(values, [i, j], degrees) {
  const changed = [...values];
  [changed[i], changed[j]] = turned(values[i], values[j], degrees);
  return changed;
}

export function readDecoder(model) {
  return makeDecoder(model.get("layers"), toWeights(model.get("weights"), model.get("half")));
}

/** What Python sent, as numbers: for each latent with a slider its draws and its places [a, ...], and the factors. */
export function readCodes(model) {
  const [ranges, names, shape] = ["ranges", "names", "shape"].map((name) => model.get(name));
  const bytes = model.get("codes");
  const levels = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const [count, each] = [levels.length / ranges.length, shape[0] * shape[1]];
  const draws = ranges.map(([low, high], d) => {
    const part = levels.subarray(count * d, count * (d + 1));
    return Float64Array.from(part, (level) => low + level * ((high - low) / LEVELS));
  });
  const [means, factors] = [toFloats(model.get("places")), model.get("factors")];
  const places = ranges.map((_, d) => means.subarray(each * d, each * (d + 1)));
  const column = (k) => new Uint8Array(factors.buffer, factors.byteOffset + count * k, count);
  return { draws, places, factors: names.map((_, k) => asFactor(column(k))) };
}

/**
 * `measure(i, j, degrees)`: the gaps when the i-th and the j-th latent with a slider are turned. The others tell what
 * they always told: they are counted once, and `rest`, a row for each latent without a slider, comes from Python.
 */
export function makeMeter({ draws, factors }, rest, bins) {
  const tell = (latent) => informationOf(latent, factors, bins);
  const straight = draws.map(tell);
  return (i, j, degrees) => {
    const [a, b] = [new Float64Array(draws[i].length), new Float64Array(draws[i].length)];
    const [cos, sin] = turned(1, 0, degrees);
    for (let n = 0; n < a.length; n++) {
      a[n] = cos * draws[i][n] - sin * draws[j][n];
      b[n] = sin * draws[i][n] + cos * draws[j][n];
    }
    const rows = [...straight];
    [rows[i], rows[j]] = [tell(a), tell(b)];
    return gapsOf([...rows, ...rest], factors);
  };
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-axes");
  const [dims, names, shape, limit] = ["dims", "names", "shape", "limit"].map((name) => model.get(name));
  const decode = readDecoder(model);
  const codes = readCodes(model);
  const measure = makeMeter(codes, model.get("rest"), model.get("bins"));
  const saving = saveNowAndThen(model);
  onStop(saving.stop);
  const set = (name, value) => {
    model.set(name, value);
    saving.soon();
  };
  const slide = (values) => {
    const [plane, degrees] = [model.get("plane"), model.get("degrees")];
    const shown = Object.assign(toSliders(model.get("z"), plane, degrees), values);
    set("z", toLatents(shown, plane, degrees));
  };
  const nameOf = (d) => `z${d + 1}${model.get("plane").includes(d) ? "′" : ""}`;

  const left = append(el, "div", "vae-axes-left");
  const canvas = append(left, "canvas", "vae-axes-plane");
  canvas.setAttribute("role", "img");
  const move = ({ clientX, clientY }) => {
    const [{ left, top, width }, [i, j]] = [canvas.getBoundingClientRect(), model.get("plane")];
    const [a, b] = toLatent(clientX - left, clientY - top, width, limit);
    slide({ [i]: a, [j]: b });
  };
  onDrag(canvas, { move });
  addLegend(left);
  const dial = addFader(left, "vae-axes-dial", { min: 0, max: 90, step: 1 }, (value) => set("degrees", value));
  const showPlane = addPlaneChoice(left, dims, (plane) => set("plane", plane));

  const right = append(el, "div", "vae-axes-right");
  const top = append(right, "div", "vae-axes-top");
  const show = addDigit(top, "vae-large");
  const desk = append(top, "div", "vae-axes-desk");
  const range = { min: -limit, max: limit, step: model.get("step") };
  const sliders = dims.map((d) => ({ d, ...addFader(desk, "vae-axes-slider", range, (value) => slide({ [d]: value })) }));
  const showGaps = addGaps(right, names);
  const controls = append(right, "div", "vae-controls");
  addButton(controls, "straighten", "turn the axes back to 0 degrees", () => set("degrees", 0));
  addButton(controls, "to the origin", "set every latent to 0", () => set("z", model.get("z").map(() => 0)));
  onStop(addFullScreen(controls, el));
  const note = append(right, "div", "vae-note");
  const draws = `one draw of q(z|x) for each of ${codes.draws[0].length} images`;
  note.textContent = `Turn the axes, then move a slider, or drag the cross. Bars: shares of each factor's entropy, from ${draws}.`;

  const atZero = keepLast((i, j) => meanGap(measure(i, j, 0)));
  const gapsNow = keepLast(measure);
  const draw = () => {
    const [z, plane, degrees] = ["z", "plane", "degrees"].map((name) => model.get(name));
    const [i, j] = plane.map((d) => dims.indexOf(d));
    const gaps = gapsNow(i, j, degrees);
    const shown = toSliders(z, plane, degrees);
    show(decode(z), "decoded: z = Rᵀz′");
    sliders.forEach(({ d, update }) => update(shown[d], nameOf(d), fixed(shown[d])));
    dial.update(degrees, "turn the axes", `${Number(degrees.toFixed(1))}°`);
    dial.say(`${Number(degrees.toFixed(1))} degrees, MIG ${meanGap(gaps).toFixed(2)}`);
    showPlane(plane);
    showGaps(gaps, atZero(i, j), (best) => (best < dims.length ? nameOf(dims[best]) : ""));
    const axes = plane.map(nameOf);
    canvas.setAttribute("aria-label", `plane of ${axes.join(" and ")}: mean codes of ${shape.join(" × ")} places, ` +
      `turned by ${Number(degrees.toFixed(1))} degrees`);
    const grid = [codes.places[i], codes.places[j]];
    drawPlane(canvas, { grid, shape, axes, degrees, limit, point: plane.map((d) => shown[d]) });
  };
  onStop(drawOnChange(model, el, ["z", "degrees", "plane"], draw));
  onStop(onResize(canvas, draw));
  onStop(tendStage(el));
}

/** A slider; `update(value, name, figure)` shows another value, and `say(text)` is what is read out for it. */
function addFader(parent, className, range, onValue) {
  const label = append(parent, "label", `vae-axes-row ${className}`);
  const name = append(label, "span", "vae-axes-name");
  const fader = Object.assign(append(label, "input", "vae-fader"), { type: "range", ...range });
  const figure = append(label, "span", "vae-axes-figure");
  fader.addEventListener("input", () => onValue(Number(fader.value)));
  const update = (value, text, number) => {
    fader.value = value;
    name.textContent = text;
    fader.setAttribute("aria-label", text);
    figure.textContent = number;
  };
  return { update, say: (text) => fader.setAttribute("aria-valuetext", text) };
}

/** Which two latents are turned: to choose the other one's swaps them. Returns what shows another pair. */
function addPlaneChoice(parent, dims, onPlane) {
  const row = append(parent, "div", "vae-axes-row");
  append(row, "span", "").textContent = "the plane of";
  let shown = [];
  const choices = ["first", "second"].map((which, k) => {
    const choice = append(row, "select", "");
    choice.setAttribute("aria-label", `${which} latent of the plane`);
    dims.forEach((d) => Object.assign(append(choice, "option", ""), { value: `${d}`, textContent: `z${d + 1}` }));
    choice.addEventListener("change", () => {
      const d = Number(choice.value);
      const kept = shown[1 - k] === d ? shown[k] : shown[1 - k];
      onPlane(k === 0 ? [d, kept] : [kept, d]);
    });
    return choice;
  });
  return (plane) => {
    shown = plane;
    choices.forEach((choice, k) => (choice.value = `${plane[k]}`));
  };
}

function addLegend(parent) {
  const legend = append(parent, "div", "vae-axes-legend");
  for (const [className, text] of [["vae-axes-along-x", "along x"], ["vae-axes-along-y", "along y"]]) {
    append(legend, "span", className).textContent = text;
  }
  append(legend, "span", "").textContent = "● top left";
  append(legend, "span", "").textContent = "dashed: 0°";
}

/** The MIG, and for each factor how far the best latent is ahead of the next; returns what shows other gaps. */
function addGaps(parent, names) {
  const mig = append(parent, "div", "vae-axes-mig");
  const [now, before] = [append(mig, "strong", ""), append(mig, "span", "")];
  const bars = append(parent, "div", "vae-axes-bars");
  bars.setAttribute("role", "img");
  const rows = names.map((name) => {
    const row = append(bars, "div", "vae-axes-row");
    append(row, "span", "vae-axes-name").textContent = name;
    const track = append(row, "span", "vae-axes-track");
    const [first, second] = [append(track, "span", "vae-axes-first"), append(track, "span", "vae-axes-second")];
    const [figure, best] = [append(row, "span", "vae-axes-figure"), append(row, "span", "vae-axes-best")];
    return { first, second, figure, best };
  });
  const key = append(parent, "div", "vae-axes-key");
  append(key, "span", "vae-axes-second").textContent = "what the next-best latent tells";
  append(key, "span", "vae-axes-first").textContent = "its gap to the best one";
  return (gaps, mean, nameOf) => {
    now.textContent = `MIG ${meanGap(gaps).toFixed(2)}`;
    before.textContent = `mean of the gaps below; ${mean.toFixed(2)} at 0°`;
    gaps.forEach(({ first, second, gap, best }, k) => {
      rows[k].first.style.width = `${clamp(100 * first, 100)}%`;
      rows[k].second.style.width = `${clamp(100 * second, 100)}%`;
      rows[k].figure.textContent = gap.toFixed(2);
      rows[k].best.textContent = nameOf(best);
    });
    const words = gaps.map(({ gap, best }, k) => `${names[k]} ${gap.toFixed(2)} ${nameOf(best)}`.trim());
    bars.setAttribute("aria-label", `gaps: ${words.join(", ")}`);
  };
}

/** The plane in the axes of its sliders: the grid of mean codes, the axes of 0 degrees, and the point. */
function drawPlane(canvas, { grid, shape, axes, degrees, limit, point }) {
  const size = fitCanvas(canvas, TEXT)?.width;
  if (!size) return; // not on the page yet
  const context = canvas.getContext("2d");
  const at = (a, b) => toPixel(a, b, size, limit);
  Object.assign(context, { fillStyle: "#fff", lineJoin: "round" });
  context.fillRect(0, 0, size, size);
  Object.assign(context, { strokeStyle: "#333", lineWidth: 1.5 });
  strokeLine(context, at(-limit, 0), at(limit, 0));
  strokeLine(context, at(0, -limit), at(0, limit));
  context.setLineDash([4, 4]);
  for (const own of [turned(limit, 0, degrees), turned(0, limit, degrees)]) {
    strokeLine(context, at(...own.map((value) => -value)), at(...own));
  }
  context.setLineDash([]);
  const [across, down] = shape;
  const place = (x, y) => at(...turned(grid[0][down * x + y], grid[1][down * x + y], degrees));
  const line = (count, point, style) => {
    Object.assign(context, style);
    for (let k = 1; k < count; k++) {
      const [from, to] = [point(k - 1), point(k)];
      if ([...from, ...to].every(Number.isFinite)) strokeLine(context, from, to); // a place may have no image
    }
  };
  for (let y = 0; y < down; y++) line(across, (x) => place(x, y), { strokeStyle: ALONG_X, lineWidth: 3 });
  for (let x = 0; x < across; x++) line(down, (y) => place(x, y), { strokeStyle: ALONG_Y, lineWidth: 1.5 });
  if ([...place(0, 0)].every(Number.isFinite)) disc(context, place(0, 0), 4, "#111");
  const text = { rim: 4, fillStyle: "#111", font: `bold ${TEXT}px sans-serif`, textBaseline: "middle" };
  write(context, axes[0], [size - 5, size / 2 + 12], { ...text, textAlign: "right" });
  write(context, axes[1], [size / 2 + 6, 11], { ...text, textAlign: "left" });
  const inside = point.map((value) => clamp(value, limit));
  drawCross(context, at(...inside), { from: 5, to: 12, width: 2.5, rim: 5.5 });
}

export default { render: makeRender(setUp) };
