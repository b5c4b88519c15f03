// The style pad: a style z on the plane, a label c, the digit that both give, and the same z with all ten labels.

import { connectDecoder } from "./shared/decoder.js";
import { addDigit } from "./shared/digit.js";
import { addButton, append } from "./shared/dom.js";
import { paintAxes, paintCircles, paintPoints, readMap } from "./shared/map.js";
import { clamp, normalDraws } from "./shared/numbers.js";
import { addPlane, caption, HELP, holdZ } from "./shared/plane.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const LABELS = Array.from({ length: 10 }, (_, label) => label);
const LABEL_HELP = "Label: the buttons, the keys 0 to 9, or a click on a digit below.";
const CIRCLES = [1, 2, 3].map((radius) => ({ radius, text: `${radius}σ` }));

/** What the decoder takes: z, and a 1 at the place of the label. */
export function withLabel(z, label) {
  return [...z, ...LABELS.map((one) => Number(one === label))];
}

/** The map with the points of one label alone. */
export function onlyOf({ points, labels, ...map }, label) {
  const own = labels.flatMap((one, i) => (one === label ? [i] : []));
  return { ...map, points: own.flatMap((i) => [points[2 * i], points[2 * i + 1]]), labels: own.map(() => label) };
}

/** All that stays while z moves: the codes of the label's images, the circles of the prior, the axes. */
function paint(map, label, size, unit) {
  const background = paintPoints(onlyOf(map, label), size, unit);
  for (const layer of [paintCircles, paintAxes]) layer(background.getContext("2d"), map, size, unit);
  return background;
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-pad", "vae-style");
  // This view is the stage itself, and anywidget's views don't follow when their DOM classes change later.
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  const decoder = connectDecoder(model, el);
  onStop(decoder.stop);
  const map = { ...readMap(model), circles: CIRCLES };
  const hand = holdZ(model, map.limit);
  onStop(hand.stop);
  const choose = (label) => {
    model.set("label", label);
    model.save_changes();
  };
  const stays = (canvas, unit) => paint(map, model.get("label"), canvas.width, unit);
  const plane = addPlane(el, map.limit, hand, { name: "map of styles z", paint: stays });
  const side = append(el, "div", "vae-pad-side");
  const press = addLabels(side, choose);
  const large = addDigit(side, "vae-large");
  const controls = append(side, "div", "vae-pad-controls");
  const drawAgain = () => hand.move(Array.from(normalDraws(2), (value) => clamp(value, map.limit)));
  addButton(controls, "draw z again", "another z from the prior N(0, I), the same label", drawAgain);
  onStop(addFullScreen(controls, el));
  append(side, "div", "vae-note").textContent = `${HELP} ${LABEL_HELP}`;
  const showRow = addRow(el, decoder, choose, (ink, { z, label }) => large(ink, describePlace(map, z, label)));

  let painted = model.get("label");
  const draw = () => {
    const [z, label] = [hand.read(), model.get("label")];
    if (label !== painted) plane.repaint();
    painted = label;
    press(label);
    showRow(z, label);
    plane.draw(z, []);
  };
  onStop(drawOnChange(model, el, ["z1", "z2", "label"], draw));
  onStop(listen(el, choose));
  onStop(onResize(plane.canvas, () => plane.fit() && draw()));
  onStop(tendStage(el));
}

/** What is shown, in words. */
export function describePlace({ labels }, z, label) {
  const count = labels.filter((one) => one === label).length;
  const dots = labels.length > 0 ? `\ndots: μ(x, c) of ${count} images` : "";
  return `label c = ${label}\n${caption(z)}${dots}`;
}

/** A button for each label; returns what shows which is pressed. */
function addLabels(parent, choose) {
  const group = append(parent, "div", "vae-style-labels");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "label c");
  const add = (label) => addButton(group, `${label}`, `label c = ${label} (key ${label})`, () => choose(label));
  const buttons = LABELS.map(add);
  return (pressed) =>
    buttons.forEach((button, label) => {
      button.setAttribute("aria-pressed", `${label === pressed}`);
      button.classList.toggle("vae-chosen", label === pressed);
    });
}

/** One z with each of the labels; `show(z, label)` fills the row, and `drawChosen` gets the digit of the label. */
function addRow(parent, decoder, choose, drawChosen) {
  const row = append(parent, "div", "vae-digits vae-style-row");
  const places = LABELS.map((own) => {
    const cell = append(row, "div", "vae-style-cell");
    cell.addEventListener("click", () => choose(own));
    const drawSmall = addDigit(cell, "");
    const show = decoder.addPlace((ink, shown) => {
      drawSmall(ink, `c = ${own}`);
      if (own === shown.label) drawChosen(ink, shown);
    });
    return { cell, show };
  });
  return (z, label) =>
    places.forEach(({ cell, show }, own) => {
      cell.classList.toggle("vae-chosen", own === label);
      show(withLabel(z, own), { z, label });
    });
}

/** The number keys choose a label, wherever in the widget the focus is; returns what undoes the listening. */
function listen(el, choose) {
  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !/^[0-9]$/.test(event.key)) return;
    event.preventDefault();
    choose(Number(event.key));
  };
  el.addEventListener("keydown", onKey);
  return () => el.removeEventListener("keydown", onKey);
}

export default { render: makeRender(setUp) };
