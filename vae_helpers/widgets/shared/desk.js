// A desk to write on: the paper with the points that are read, the buttons, and strokes to read instead.

import { strokeLine } from "./canvas.js";
import { addButton, append } from "./dom.js";
import { pairs } from "./numbers.js";
import { addPaper } from "./paper.js";
import { readHand } from "./pen.js";
import { addFullScreen } from "./stage.js";
import { addThumb, INK, paintNumbers, paintWay, resized, toPicture } from "./stroke_picture.js";
import { point } from "./stroke_results.js";
import { complaint, describe, SIZE } from "./writing.js";

const HELP = "Write with mouse, pen or finger. Arrow keys show held-out strokes, with Shift ten further.";

/** The paper, the buttons and the examples; returns its canvas, `fit()` and `show(state, q, nearest)`. */
export function addDesk(el, model, hand, strokes, onStop) {
  const desk = append(el, "div", "vae-stroke-desk");
  const labels = model.get("point_labels");
  let places = [];
  const paintOver = (context, size) => {
    const onPaper = places.map((point) => point.map((value) => value * size));
    if (hand.strokes().length === 0) paintWay(context, onPaper, INK * size);
    else paintJoins(context, hand.strokes(), size);
    paintNumbers(context, onPaper, 8);
  };
  const paper = addPaper(desk, strokes.length / SIZE, hand, paintOver, HELP);
  const word = append(desk, "div", "vae-stroke-word");
  word.setAttribute("role", "status");
  const controls = append(desk, "div", "vae-controls");
  const undo = addButton(controls, "undo", "take the last stroke back", hand.undo);
  addButton(controls, "clear", "take an empty sheet", hand.clear);
  const turn = addButton(controls, "backwards", "the same points, from the last to the first", hand.turn);
  const back = addButton(controls, "back to μ", "let the decoder write from μ again", () => hand.place([]));
  onStop(addFullScreen(controls, el));
  const showExamples = addExamples(desk, model, hand, strokes);
  const show = (state, q, nearest) => {
    const { lines, stroke, index, backwards } = state;
    places = lines.length > 0 ? readHand(lines).places : pairs(stroke).map(([x, y]) => toPicture([x, y], 1));
    const text = describe(state, labels);
    word.textContent = complaint(state) || text;
    const where = q ? `; mu ${point(q.mu)}, sigma ${point(q.sigma)}, near held-out strokes of the digit ${nearest}` : "";
    paper.draw(lines, null, (complaint(state) || text) + where);
    undo.disabled = lines.length === 0;
    turn.disabled = stroke.length === 0;
    back.disabled = !state.moved;
    turn.setAttribute("aria-pressed", String(backwards));
    showExamples(index);
  };
  return { canvas: paper.canvas, fit: resized(paper.canvas), show };
}

/** Where the pen was lifted: straight from the end of a stroke to the next one's beginning. */
function paintJoins(context, lines, size) {
  const at = (point) => point.map((value) => value * size);
  Object.assign(context, { strokeStyle: "#777", lineWidth: 2 });
  context.setLineDash([3, 4]);
  lines.slice(1).forEach((line, i) => strokeLine(context, at(lines[i].at(-1)), at(line[0])));
  context.setLineDash([]);
}

/** A button for one held-out stroke of each digit; returns `show(index)`. */
function addExamples(parent, model, hand, strokes) {
  const group = append(parent, "div", "vae-stroke-examples");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "held-out strokes to read");
  const examples = model.get("examples").map((index) => {
    const digit = model.get("point_labels")[index];
    const button = addButton(group, "", `a held-out ${digit}`, () => hand.choose(index));
    button.setAttribute("aria-label", `a held-out ${digit}`);
    return { index, button, paint: addThumb(button), stroke: strokes.subarray(SIZE * index, SIZE * (index + 1)) };
  });
  return (shown) =>
    examples.forEach(({ index, button, paint, stroke }) => {
      button.setAttribute("aria-pressed", String(index === shown));
      paint(stroke);
    });
}
