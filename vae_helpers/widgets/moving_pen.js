// The moving pen: strokes on the straight line between two codes, written point by point by a decoder in the browser.

import { toFloats, toWeights } from "./shared/bytes.js";
import { addButton, append } from "./shared/dom.js";
import { fixed, normalDraws, pairs } from "./shared/numbers.js";
import { lerp } from "./shared/paths.js";
import { makePen, nllOf } from "./shared/pen_decoder.js";
import { addSheet } from "./shared/pen_paper.js";
import { weightsOf } from "./shared/point_gru.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const WALK = ["0", "1/6", "1/3", "1/2", "2/3", "5/6", "1"]; // the t of the row's strokes
const SIZE = 16; // numbers of a stroke: eight points x, y
const REST = 0.8; // seconds before the pen begins again
const BUDGET = 3; // ms a frame for the row's strokes: all seven together could take longer than a frame has
const HELP =
  "The orange dot is the pen; the thick black or blue one is where it began. The model says eight points, the curve between them is drawn. Ellipses: 2 σ around each point's mean. The noise stays " +
  "until you draw anew. Shuffle z: the pen's decoder reads the grey points and is told the z of the small stroke instead " +
  "of their own; blue is where it expects each next point.";

/** For each model's name: its `pen`, and `codes`, those of the two ends first. From what Python sent. */
export function readPens(model) {
  const weights = toWeights(model.get("weights"), model.get("half"));
  const codes = toFloats(model.get("codes"));
  const [names, networks, size] = ["names", "networks", "latent_dim"].map((name) => model.get(name));
  const each = codes.length / names.length;
  let offset = 0;
  return Object.fromEntries(names.map((name, k) => {
    const from = offset;
    offset += weightsOf(networks[k]);
    const own = Array.from({ length: each / size }, (_, i) => [...codes.subarray(k * each + i * size, k * each + (i + 1) * size)]);
    return [name, { pen: makePen(networks[k], weights.subarray(from, offset)), codes: own }];
  }));
}

/** What is shown at `t`: the steps `written` with its own z and, where z is shuffled, what another z makes of their points. */
export function stepsAt({ pen, codes }, t, { noise, temperature, shuffle, told }) {
  const written = pen.write(lerp(codes[0], codes[1], t), noise, temperature);
  // It reads what was written with its own z, because then nothing but the z that it is told has changed. Left to read its
  // own points it would just write that other stroke, whether it had looked at z at each step or at the first one only.
  // The row's seven are told one and the same z: a decoder that takes all from z draws seven alike, one that ignores z
  // draws what it reads. Another z for each of them would not tell these two apart at a glance.
  const expected = shuffle ? pen.read(codes[2 + told], pointsOf(written)) : null;
  return { written, expected };
}

const pointsOf = (steps) => steps.map(({ point }) => point);

function setUp({ model, el, onStop }) {
  el.classList.add("vae-pen");
  // This view is the stage itself, and anywidget's views don't follow when their DOM classes change later.
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  const pens = readPens(model);
  const saving = saveNowAndThen(model);
  onStop(saving.stop);
  const set = (name, value) => {
    model.set(name, value);
    saving.soon();
  };
  const settings = () => ({
    noise: toFloats(model.get("noise")),
    ...Object.fromEntries(["temperature", "shuffle", "told"].map((name) => [name, model.get(name)])),
  });

  const paper = addSheet(el, "vae-pen-paper");
  const side = append(el, "div", "vae-pen-side");
  const showControls = addControls(side, model, set);
  const player = makePlayer(model, paper, (t) => set("t", t));
  onStop(player.pause);
  const buttons = append(side, "div", "vae-controls");
  player.addButton(buttons);
  const anew = addButton(buttons, "draw anew", "other noise, and the z of another stroke", () => drawAnew(model, set));
  // At temperature 0 other noise is not seen, nor without shuffling whose z is told.
  const isIdle = () => model.get("temperature") === 0 && !model.get("shuffle");
  onStop(drawOnChange(model, el, ["temperature", "shuffle"], () => (anew.disabled = isIdle())));
  onStop(addFullScreen(buttons, el));
  const { toldBox, toldPaper, figures } = addShuffled(side);
  const row = addRow(el, (t) => set("t", t));
  append(el, "div", "vae-note vae-pen-note").textContent = HELP;

  const drawRow = bitByBit(row.length, (k) => row[k].show(stepsAt(pens[model.get("model")], k / (WALK.length - 1), settings())));
  onStop(drawRow.stop);
  const drawMain = () => {
    const steps = stepsAt(pens[model.get("model")], model.get("t"), settings());
    paper.show(steps);
    paper.canvas.setAttribute("aria-label", textOf(model, steps));
    figures.textContent = figuresOf(steps);
  };
  const drawTold = () => {
    const at = SIZE * model.get("told");
    const points = pairs(toFloats(model.get("others")).subarray(at, at + SIZE));
    toldPaper.show({ written: points.map((point) => ({ point, mean: point, sigma: [0, 0] })), expected: null });
    toldBox.classList.toggle("vae-pen-idle", !model.get("shuffle"));
  };
  const all = ["model", "temperature", "noise", "shuffle", "told"];
  onStop(drawOnChange(model, el, all, drawRow.all));
  onStop(drawOnChange(model, el, ["t", ...all], drawMain));
  onStop(drawOnChange(model, el, ["t", "model", "temperature", "speed", "shuffle", "walk"], showControls));
  onStop(drawOnChange(model, el, ["told", "shuffle"], drawTold));
  for (const one of [paper, toldPaper, ...row]) onStop(onResize(one.canvas, one.fit));
  onStop(tendStage(el));
}

/** `all()`: do `work(k)` for each of `count` places in the frames to come, a bit in each; every place has its turn. */
function bitByBit(count, work) {
  let [frame, left, next] = [0, 0, 0];
  const some = () => {
    const begin = performance.now();
    while (left > 0 && performance.now() - begin < BUDGET) {
      work(next);
      [left, next] = [left - 1, (next + 1) % count];
    }
    frame = left > 0 ? requestAnimationFrame(some) : 0;
  };
  const all = () => {
    left = count;
    frame ||= requestAnimationFrame(some); // not now: what is left of the last time may have had its share of this frame
  };
  return { all, stop: () => cancelAnimationFrame(frame) };
}

function drawAnew(model, set) {
  set("noise", new DataView(normalDraws(model.get("noise").byteLength / 4).buffer));
  const count = model.get("others").byteLength / (4 * SIZE);
  if (count > 1) set("told", (model.get("told") + 1 + Math.floor(Math.random() * (count - 1))) % count);
}

/** -log p of the points that are read, with either z. */
function figuresOf({ written, expected }) {
  if (!expected) return "";
  const [own, other] = [written, expected].map((steps) => fixed(nllOf(steps), 0));
  return `grey: read; blue: expected; −log p of grey:\n${own} nats told its own z\n${other} nats told the z of this stroke`;
}

/** What who can't see the paper hears. */
function textOf(model, { written, expected }) {
  const place = (steps) => steps.map(({ point, mean }) => (expected ? mean : point).map((value) => fixed(value, 1)).join(" ")).join(", ");
  const name = model.get("model") && `, model: ${model.get("model")}`;
  const head = expected ? "points expected when told another stroke's z" : "the pen's stroke";
  return `${head} at t = ${fixed(model.get("t"))}${name}; x and y: ${place(expected ?? written)}`;
}

/** All that a hand sets; returns what shows it as the model has it. */
function addControls(parent, model, set) {
  const [[slow, fast], hottest, names] = ["speeds", "hottest", "names"].map((name) => model.get(name));
  const t = addFader(parent, "t", { min: 0, max: 1, step: 0.01 }, (value) => set("t", value));
  const pressed = names.length > 1 ? addModels(parent, names, (name) => set("model", name)) : () => {};
  const temperature = addFader(parent, "temperature", { min: 0, max: hottest, step: 0.05 }, (value) => set("temperature", value));
  const speed = addFader(parent, "speed", { min: slow, max: fast, step: 0.5 }, (value) => set("speed", value));
  const boxes = append(parent, "div", "vae-pen-boxes");
  const shuffle = addBox(boxes, "shuffle z", "the decoder is told the z of another stroke", (on) => set("shuffle", on));
  const walk = addBox(boxes, "walk on", "after each stroke a playing pen goes on to the next t", (on) => set("walk", on));
  return () => {
    const [at, heat, pace] = ["t", "temperature", "speed"].map((name) => model.get(name));
    t(at, fixed(at));
    temperature(heat, fixed(heat), heat === 0 ? "0, the means" : fixed(heat));
    speed(pace, pace.toFixed(1), `${pace} points a second`);
    pressed(model.get("model"));
    shuffle(model.get("shuffle"));
    walk(model.get("walk"));
  };
}

/** A slider with its name and its value; returns what shows another value. */
function addFader(parent, name, range, onValue) {
  const label = append(parent, "label", "vae-pen-row");
  append(label, "span", "").textContent = name;
  const fader = Object.assign(append(label, "input", "vae-fader"), { type: "range", ...range });
  fader.setAttribute("aria-label", name);
  const figure = append(label, "span", "vae-pen-figure");
  fader.addEventListener("input", () => onValue(Number(fader.value)));
  return (value, text, spoken = text) => {
    fader.value = value;
    fader.setAttribute("aria-valuetext", spoken);
    figure.textContent = text;
  };
}

/** A button for each model; returns what shows which is chosen. */
function addModels(parent, names, onName) {
  const group = append(parent, "div", "vae-controls vae-pen-models");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "model");
  const buttons = names.map((name) => addButton(group, name, `strokes by this model: ${name}`, () => onName(name)));
  return (chosen) => buttons.forEach((button, k) => button.setAttribute("aria-pressed", `${names[k] === chosen}`));
}

function addBox(parent, name, title, onChange) {
  const label = append(parent, "label", "vae-pen-box");
  const box = Object.assign(append(label, "input", ""), { type: "checkbox" });
  Object.assign(label, { title });
  label.append(name);
  box.addEventListener("change", () => onChange(box.checked));
  return (on) => (box.checked = on);
}

/** The stroke whose z is told, and what that does to the points' log p. */
function addShuffled(parent) {
  const place = append(parent, "div", "vae-pen-shuffled");
  const toldBox = append(place, "div", "vae-pen-told");
  const toldPaper = addSheet(toldBox, "vae-pen-small");
  toldPaper.canvas.setAttribute("aria-label", "the stroke whose z is told");
  const figures = append(place, "div", "vae-figures");
  return { toldBox, toldPaper, figures };
}

/** The whole walk, finished; a click goes to that t, as the slider does. */
function addRow(parent, onT) {
  const row = append(parent, "div", "vae-pen-walk");
  return WALK.map((name, k) => {
    const figure = append(row, "figure", "vae-pen-step");
    const paper = addSheet(figure, "vae-pen-small");
    paper.canvas.setAttribute("aria-label", `the finished stroke at t = ${name}`);
    figure.addEventListener("click", () => onT(k / (WALK.length - 1)));
    append(figure, "figcaption", "").textContent = k === 0 ? `t = ${name}` : name;
    return paper;
  });
}

/** Play and pause: the pen goes its way in time. Who wants little motion sees the finished stroke at once. */
function makePlayer(model, paper, onT) {
  let [frame, then, u, rest, button] = [0, 0, 0, 0, null];
  const last = model.get("noise").byteLength / 8 - 1;
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const stop = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    button.textContent = "play";
  };
  const begin = () => ([u, rest] = [0, REST]);
  const go = (passed) => {
    if (u < last) u = Math.min(last, u + passed * model.get("speed"));
    else rest -= passed;
    if (rest > 0) return;
    begin();
    if (model.get("walk")) onT(nextOf(model.get("t")));
  };
  const next = () => {
    if (calm()) return finish();
    const now = performance.now();
    go((now - then) / 1000);
    then = now;
    paper.penTo(u);
    frame = requestAnimationFrame(next);
  };
  const finish = () => {
    stop();
    u = last;
    paper.penTo(null);
  };
  const press = () => {
    if (frame) return stop();
    if (calm()) {
      finish();
      if (model.get("walk")) onT(nextOf(model.get("t")));
      return;
    }
    if (u >= last || u === 0) begin();
    [then, button.textContent] = [performance.now(), "pause"];
    frame = requestAnimationFrame(next);
  };
  return {
    addButton: (parent) => (button = addButton(parent, "play", "the pen writes, or pauses; without motion where this system asks for that", press)),
    pause: stop,
  };
}

/** The next sixth; after the last, the first. */
export function nextOf(t) {
  const k = Math.floor((WALK.length - 1) * t + 1e-6) + 1;
  return k < WALK.length ? k / (WALK.length - 1) : 0;
}

export default { render: makeRender(setUp) };
