// The code flow: snapshots of a training played as one motion, over the discriminator's D(z) as a heat map.

import { toWeights } from "./shared/bytes.js";
import { fitCanvas, fromPixel, toPixel } from "./shared/canvas.js";
import { addButton, append } from "./shared/dom.js";
import { CODE, makeJudge, makeJudged, PRIOR, sigmoid } from "./shared/judged.js";
import { paintAxes } from "./shared/map.js";
import { fixed } from "./shared/numbers.js";
import { lerp } from "./shared/paths.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const TEXT = 13; // height of the map's text, in the units that it is drawn in
const PACE = 1.2; // snapshots a second
const STEP = 0.02; // of the slider, in snapshots
const LOSS_EVERY = 100; // ms; while it plays, nobody reads it faster

/** For each prior: `codes` of each snapshot and what its discriminator says, `judged`; and `draws`. From what Python sent. */
export function readFlows(model) {
  const [names, steps, layers, draws] = ["names", "steps", "layers", "draws"].map((name) => model.get(name));
  const numbers = toWeights(model.get("weights"), model.get("half"));
  const size = layers.reduce((sum, { inputs, outputs }) => sum + (inputs ? (inputs + 1) * outputs : 0), 0);
  let offset = 0;
  const take = (count) => numbers.subarray(offset, (offset += count));
  return Object.fromEntries(names.map((name, k) => {
    const times = steps[k].length;
    const codes = Array.from({ length: times }, () => take(2 * model.get("labels").length));
    const own = take(2 * draws[k]);
    const judges = Array.from({ length: times }, () => makeJudge(layers, take(size)));
    const judged = judges.map((judge) => makeJudged(judge, own, model.get("limit")));
    return [name, { codes, draws: own, judged, steps: steps[k], reconstruction: model.get("reconstruction")[k] }];
  }));
}

/** Codes at a time between snapshots, on a straight line. */
export function codesAt(flow, time) {
  const before = Math.min(Math.floor(time), flow.codes.length - 1);
  return lerp(flow.codes[before], flow.codes[Math.min(before + 1, flow.codes.length - 1)], time - before);
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-flow");
  // This view is the stage itself, and anywidget's views don't follow when their DOM classes change later.
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  const flows = readFlows(model);
  const [limit, labels, colors] = ["limit", "labels", "colors"].map((name) => model.get(name));
  const last = model.get("steps")[0].length - 1;
  const saving = saveNowAndThen(model);
  onStop(saving.stop);
  const set = (name, value) => {
    model.set(name, value);
    saving.soon();
  };
  const flowNow = () => flows[model.get("prior")];
  const nearest = () => Math.round(model.get("time"));

  const canvas = append(el, "canvas", "vae-flow-map");
  canvas.setAttribute("role", "img");
  const context = canvas.getContext("2d");
  const side = append(el, "div", "vae-flow-side");
  const priors = append(side, "div", "vae-controls vae-flow-priors");
  priors.setAttribute("role", "group");
  priors.setAttribute("aria-label", "prior");
  const buttons = Object.keys(flows).map((name) => addButton(priors, name, `codes that flow to this prior: ${name}`, () => set("prior", name)));
  const row = append(side, "div", "vae-flow-row");
  const player = addPlayer(row, model, last, (time) => set("time", time));
  onStop(player.stop);
  const fader = append(row, "input", "vae-fader");
  Object.assign(fader, { type: "range", min: 0, max: last, step: STEP });
  fader.setAttribute("aria-label", "time in training");
  fader.addEventListener("input", () => {
    player.pause();
    set("time", Number(fader.value));
  });
  const figures = append(side, "div", "vae-figures");
  const label = append(side, "label", "vae-flow-toggle");
  const box = append(label, "input", "");
  box.type = "checkbox";
  label.append("show D(z)");
  box.addEventListener("change", () => set("heat", box.checked));
  addKey(side);
  addDigits(side, labels, colors);
  const hover = append(side, "div", "vae-flow-hover");
  onStop(addFullScreen(append(side, "div", "vae-controls"), el));
  append(side, "div", "vae-note").textContent = noteOf(labels.length, model.get("steps"));

  let [size, place] = [0, null];
  const sayHover = () => {
    const d = place && sigmoid(flowNow().judged[nearest()].judge(Float32Array.from(place))[0]);
    hover.textContent = place ? `D(z) = ${fixed(d, 3)} at z = (${place.map((value) => fixed(value)).join(", ")})` : "Point at the map: D(z) there.";
  };
  const point = ({ clientX, clientY }) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    place = fromPixel(clientX - left, clientY - top, width, limit);
    sayHover();
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("pointerleave", () => {
    place = null;
    sayHover();
  });

  const draw = () => {
    const [flow, time, k] = [flowNow(), model.get("time"), nearest()];
    const codes = codesAt(flow, time);
    const before = Math.floor(time);
    const [from, to] = [flow.steps[before], flow.steps[Math.min(before + 1, last)]];
    const step = Math.round(from + (time - before) * (to - from)).toLocaleString("en");
    const text = [
      `step ${step}`,
      `D's loss ${loss.of(flow.judged[k], codes).toFixed(3)} (ln 2 = 0.693)`,
      `reconstruction ${flow.reconstruction[k].toFixed(1)} nats`,
    ];
    figures.textContent = text.join("\n");
    buttons.forEach((button) => button.setAttribute("aria-pressed", `${button.textContent === model.get("prior")}`));
    fader.value = time;
    fader.setAttribute("aria-valuetext", text.join(", "));
    box.checked = model.get("heat");
    sayHover();
    canvas.setAttribute("aria-label", `codes and draws of the prior (${model.get("prior")}), ${text.join(", ")}`);
    ahead.soon();
    if (size === 0) return; // not on the page yet
    context.fillStyle = "#fff";
    context.fillRect(0, 0, size, size);
    if (model.get("heat")) context.drawImage(flow.judged[k].picture(), 0, 0, size, size);
    dots(flow.draws, 1.6, "#6668");
    dots(codes, 3.4, "#fff");
    colors.forEach((color, digit) => dots(codes, 2.6, color, (i) => labels[i] === digit));
    paintAxes(context, { limit }, size, 1);
  };
  /** All dots of a colour are one path: a path each would take several times as long. */
  const dots = (points, radius, color, isOne = () => true) => {
    context.fillStyle = color;
    context.beginPath();
    for (let i = 0; i < points.length / 2; i++) {
      if (!isOne(i)) continue;
      const [x, y] = toPixel(points[2 * i], points[2 * i + 1], size, limit);
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fill();
  };
  const loss = makeLateLoss();
  /** A bit of work a frame: the loss if it is late, else maps, first that of the snapshot shown, then those to come. */
  const ahead = onFrames(() => {
    const [{ judged }, k] = [flowNow(), nearest()];
    const next = [...judged.slice(k), ...judged.slice(0, k)].find((one) => !one.done());
    if (loss.isLate(judged[k])) draw();
    else {
      next?.more();
      if (next === judged[k] && next.done()) draw();
    }
    return Boolean(next) || loss.isWaiting();
  });
  onStop(ahead.stop);
  onStop(drawOnChange(model, el, ["prior", "time", "heat"], draw));
  onStop(onResize(canvas, () => {
    size = fitCanvas(canvas, TEXT)?.width ?? 0;
    draw();
  }));
  onStop(tendStage(el));
}

/** `of(judged, codes)`: the loss, or for a while the last one, and another waits: not each frame shall reckon it. */
function makeLateLoss() {
  let [shown, value, then, waiting] = [null, 0, 0, false];
  const isDue = (judged) => shown === null || (judged.hasDraws() && performance.now() - then >= LOSS_EVERY);
  const of = (judged, codes) => {
    const same = judged === shown?.judged && codes.every((one, i) => one === shown.codes[i]);
    waiting = !same && !isDue(judged);
    if (same || waiting) return value;
    [shown, then] = [{ judged, codes }, performance.now()];
    return (value = judged.loss(codes));
  };
  return { of, isWaiting: () => waiting, isLate: (judged) => waiting && isDue(judged) };
}

/** `soon()`: call `work` frame by frame, for as long as it says that there is more. */
function onFrames(work) {
  let waiting = 0;
  const now = () => {
    waiting = 0;
    if (work()) soon();
  };
  const soon = () => (waiting ||= requestAnimationFrame(now));
  return { soon, stop: () => cancelAnimationFrame(waiting) };
}

/** Play and pause; who wants little motion gets a snapshot at a time. Python's and the hand's time are where it goes on. */
function addPlayer(parent, model, last, onTime) {
  let [frame, then] = [0, 0];
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    button.textContent = "play";
  };
  const next = () => {
    const passed = ((performance.now() - then) / 1000) * PACE;
    if (!calm() || passed >= 1) {
      then = performance.now();
      const time = calm() ? Math.floor(model.get("time")) + 1 : model.get("time") + passed;
      onTime(Math.min(time, last));
      if (time >= last) return pause();
    }
    frame = requestAnimationFrame(next); // after `draw` has asked for its frame: else every other would show nothing new
  };
  const button = addButton(parent, "play", "play the training, or pause", () => {
    if (frame) return pause();
    if (model.get("time") >= last) onTime(0);
    [then, button.textContent] = [performance.now(), "pause"];
    frame = requestAnimationFrame(next);
  });
  return { pause, stop: pause };
}

function addKey(parent) {
  const key = append(parent, "div", "vae-flow-key");
  append(key, "span", "").textContent = "0: a code";
  const scale = append(key, "span", "vae-flow-scale");
  const [code, prior] = [CODE, PRIOR].map((color) => `rgb(${color.join(" ")})`);
  scale.style.background = `linear-gradient(to right, ${code}, white, ${prior})`;
  append(key, "span", "").textContent = "1: a draw";
}

/** What the dots are, and how far apart the snapshots, whose `steps` are those of each flow. */
function noteOf(images, steps) {
  const gaps = steps.flatMap((some) => some.slice(1).map((step, k) => step - some[k]));
  const dots = `Dots: codes of ${images} test images; small grey: draws of the prior.`;
  if (gaps.length === 0) return dots; // a single snapshot
  const apart = [...new Set([Math.min(...gaps), Math.max(...gaps)])].join(" to ");
  const between = "between them codes go straight, D and the reconstruction are the nearer one's";
  return `${dots} Snapshots are ${apart} steps apart; ${between}.`;
}

/** Which digit has which colour: a row, as names on the map would lie in the way of what flows, or in a hole. */
function addDigits(parent, labels, colors) {
  const row = append(parent, "div", "vae-flow-digits");
  append(row, "span", "").textContent = "digit:";
  for (const digit of [...new Set(labels)].sort((a, b) => a - b)) {
    const name = append(row, "span", "vae-flow-digit");
    append(name, "span", "vae-flow-dot").style.background = colors[digit];
    append(name, "span", "").textContent = `${digit}`;
  }
}

export default { render: makeRender(setUp) };
