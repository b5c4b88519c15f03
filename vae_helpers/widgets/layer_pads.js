// The layer pads: z2 on the left, the noise of z1 on the right, and what stays when one of them is held.

import { toFloats } from "./shared/bytes.js";
import { strokeRimmed } from "./shared/canvas.js";
import { addDigit, inksOf } from "./shared/digit.js";
import { addButton, append } from "./shared/dom.js";
import { makeLayered } from "./shared/layered.js";
import { addCosts, addExamples, addStrip, heldOrDrawn, STRIPS } from "./shared/layer_strip.js";
import { label, labelAround, nameClasses, paintAxes, paintCircles, paintPoints, readMap } from "./shared/map.js";
import { keepLast } from "./shared/memory.js";
import { clamp, normalDraws } from "./shared/numbers.js";
import { addPlane, holdPoint, paintCross } from "./shared/plane.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const NEAR = 15; // codes, of which the most common label is read out
const NOTE =
  "Drag or click on a map; arrow keys: 0.05, with Shift 0.5; Home: origin. z₁ = μ + σ ε₁, and p(z₁|z₂) says μ and σ. " +
  "A frozen map keeps its values until another digit is chosen. Dots: held-out images. The right map shows two " +
  "dimensions of ε₁; the others stay as they were drawn or chosen.";

/** What was drawn for a layer, where it can be seen: the dimensions that a map shows, within its limit. */
export function onMap(drawn, plane, limit) {
  return Array.from(drawn, (value, d) => (plane.includes(d) ? clamp(value, limit) : value));
}

/** eps1 with other values in the two dimensions of the plane. */
export function movedIn(plane, eps1, place) {
  return eps1.map((value, d) => (plane.includes(d) ? place[plane.indexOf(d)] : value));
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-layer-pads");
  // This view is the stage itself, and anywidget's views don't follow when their DOM classes change later.
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  const decode = makeLayered(model.get("networks"));
  const [plane, codes, costs] = ["plane", "codes", "costs"].map((name) => model.get(name));
  const [names, images] = [model.get("example_labels"), inksOf(model.get("examples"))];
  const [left, right] = mapsOf(model, plane);
  const saving = saveNowAndThen(model);
  onStop(saving.stop);
  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    saving.soon();
  };
  const move = (name, value) => {
    if (name !== model.get("frozen")) set({ [name]: value });
  };
  const hands = {
    z2: holdPoint(left.limit, saving, () => model.get("z2"), (place) => move("z2", place)),
    eps1: holdPoint(
      right.limit,
      saving,
      () => plane.map((d) => model.get("eps1")[d]),
      (place) => move("eps1", movedIn(plane, model.get("eps1"), place)),
    ),
  };
  const draws = {
    z2: () => move("z2", onMap(normalDraws(2), [0, 1], left.limit)),
    eps1: () => move("eps1", onMap(normalDraws(model.get("eps1").length), plane, right.limit)),
  };
  const pads = [left, right].map((map) => addPad(el, model, map, hands[map.trait], draws[map.trait]));

  const side = append(el, "div", "vae-layer-pads-side");
  const digits = append(side, "div", "vae-digits");
  const [large, original] = [addDigit(digits, "vae-large"), addDigit(digits, "vae-layer-pads-original")];
  const showCosts = addCosts(side, Math.max(...costs.map(([a, b]) => Math.max(a, b, 1))));
  // both layers, frozen or not: what is said of the chosen digit is said of the image that is shown
  const choose = (k) => set({ example: k, z2: codes[k].slice(0, 2), eps1: codes[k].slice(2) });
  const showChosen = addExamples(side, images, names, choose);
  const length = 2 + model.get("eps1").length;
  const strip = addStrip(el, model.get("draws").byteLength / 4 / length);
  const drawOthers = () => {
    model.set("draws", new DataView(normalDraws(model.get("draws").byteLength / 4).buffer));
    saving.soon();
  };
  addButton(strip.head, "eight others", "draw the strip anew", drawOthers);
  onStop(addFullScreen(strip.head, el));
  append(el, "div", "vae-note vae-layer-pads-note").textContent = NOTE;

  const showStrip = keepLast((sent, frozen, ...held) => {
    const rows = heldOrDrawn(toFloats(sent), frozen, held.slice(0, 2), held.slice(2));
    strip.show(STRIPS[frozen], rows.map((row) => decode(...row).ink));
    return true;
  });
  const draw = () => {
    const [z2, frozen, k] = [hands.z2.read(), model.get("frozen"), model.get("example")];
    const eps1 = movedIn(plane, model.get("eps1"), hands.eps1.read());
    const shown = [z2, plane.map((d) => eps1[d])];
    pads.forEach((pad, i) => pad.show(shown[i], frozen));
    large(decode(z2, eps1).ink, `decoded: z₂ near ${labelAround(left, z2, NEAR)}s`);
    original(images[k], `held-out ${names[k]}`);
    showCosts(names[k], costs[k]);
    showChosen(k);
    const held = (name, values) => values.map((value) => (frozen === name ? value : 0)); // the rest is drawn, wherever the hand is
    showStrip(model.get("draws"), frozen, ...held("z2", z2), ...held("eps1", eps1));
  };
  onStop(drawOnChange(model, el, ["z2", "eps1", "frozen", "example", "draws"], draw));
  const fit = () => pads.map(({ fit }) => fit()).some(Boolean) && draw();
  pads.forEach(({ canvas }) => onStop(onResize(canvas, fit)));
  onStop(tendStage(el));
}

/** The two maps: what they show, how far, and what they and their axes are called. */
function mapsOf(model, plane) {
  const map = readMap(model);
  const left = { trait: "z2", name: "z₂", title: "z₂", axes: ["z₂, 1", "z₂, 2"] };
  const right = { trait: "eps1", name: "ε₁", title: "noise ε₁", axes: plane.map((d) => `ε₁, ${d + 1}`) };
  const [points, limit] = [toFloats(model.get("noises")), model.get("noise_limit")];
  return [
    { ...map, ...left, layers: [paintCircles, nameClasses, paintAxes] },
    { ...map, ...right, points, limit, layers: [paintCircles, paintAxes] }, // there the classes lie upon one another
  ];
}

/** A map with its title and buttons; returns its canvas, `fit()` and `show(place, frozen)`. */
function addPad(parent, model, map, hand, onDraw) {
  const name = map.trait;
  // a key moves nothing that is frozen, for `move` refuses; a drag would still show the point where the hand is
  const handle = { ...hand, drag: (z) => model.get("frozen") !== name && hand.drag(z) };
  const pad = append(parent, "div", "vae-layer-pads-pad");
  const head = append(pad, "div", "vae-layer-pads-head");
  append(head, "span", "vae-layer-pads-title").textContent = map.title;
  const drawAnew = addButton(head, `draw ${map.name}`, `draw ${map.name} anew from N(0, I)`, onDraw);
  const lock = addButton(head, "freeze", `keep ${map.name} as it is`, () => {
    model.set("frozen", model.get("frozen") === name ? "" : name);
    model.save_changes();
  });
  const paint = (canvas, unit) => {
    const background = paintPoints(map, canvas.width, unit);
    for (const layer of map.layers) layer(background.getContext("2d"), map, canvas.width, unit);
    return background;
  };
  const plane = addPlane(pad, map.limit, handle, { name: `map of ${map.name}`, paint, axes: map.axes });
  const show = (place, frozen) => {
    const isFrozen = frozen === name;
    lock.setAttribute("aria-pressed", String(isFrozen));
    lock.setAttribute("aria-label", `freeze ${map.name}`);
    drawAnew.disabled = isFrozen;
    pad.classList.toggle("vae-layer-pads-frozen", isFrozen);
    plane.canvas.setAttribute("aria-disabled", String(isFrozen));
    plane.draw(place, [], (...at) => (isFrozen ? paintFrozen(place, ...at) : paintCross(place, ...at)));
  };
  return { canvas: plane.canvas, fit: plane.fit, show };
}

/** A point that can't be moved: a square, and a word. */
function paintFrozen(z, context, place, unit) {
  const [x, y] = place(...z);
  context.beginPath();
  context.rect(x - 7 * unit, y - 7 * unit, 14 * unit, 14 * unit);
  strokeRimmed(context, { width: 3 * unit, rim: 6.75 * unit });
  label(context, "frozen", [x, y + 18 * unit], "center", unit);
}

export default { render: makeRender(setUp) };
