// The completion pad: draw a part of a digit, and see several ways in which the model goes on from it.

import { toFloats } from "./shared/bytes.js";
import { strokeLine } from "./shared/canvas.js";
import { makeDecoder, makeNetwork } from "./shared/decoder.js";
import { addDigit, paintInk, SIDE } from "./shared/digit.js";
import { addButton, append } from "./shared/dom.js";
import { describe, holdDrawing } from "./shared/drawing.js";
import { addPaper } from "./shared/paper.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";
import { toPixelsInPlace } from "./shared/strokes.js";

const HALF = SIDE / 2;
const BOX = 20 / SIDE; // of the square's side: the longer side of each of MNIST's digits
const QUADRANTS = ["top left", "top right", "bottom left", "bottom right"];
const [BLUE, VEIL, SHUT] = ["#0b5fa5", "rgba(190, 190, 190, 0.75)", "#bbb"];
const NOTE =
  "Draw on the square, or focus it and choose a test image with the arrow keys. The model sees the ticked quadrants: " +
  "their pixels are black, what it adds is blue. A part of a digit has no size or centre of its own, so your strokes " +
  "are neither scaled nor centred. A whole digit of MNIST is as large as the dotted box, and lies about there.";

function setUp({ model, el, onStop }) {
  el.classList.add("vae-completion");
  // This view is the stage itself, and anywidget's views don't follow when their DOM classes change later.
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  const { buffer, byteOffset, byteLength } = model.get("images");
  const images = new Uint8Array(buffer, byteOffset, byteLength);
  const hand = holdDrawing(model, images, toPixelsInPlace);
  onStop(hand.stop);
  const complete = connectModel(model);

  const desk = append(el, "div", "vae-completion-desk");
  const paintOver = (context, size) => veil(context, size, model.get("seen"));
  const paper = addPaper(desk, images.length / SIDE ** 2, hand, paintOver);
  const boxes = addBoxes(desk, model);
  const controls = append(desk, "div", "vae-controls");
  const undo = addButton(controls, "undo", "take the last stroke back", hand.undo);
  addButton(controls, "clear", "take an empty sheet", hand.clear);
  addButton(controls, "draw z again", "other noise, the same image", hand.drawAgain);
  onStop(addFullScreen(controls, el));
  const show = addResults(el, model);
  append(el, "div", "vae-note").textContent = NOTE;

  const read = () => [model.get("strokes"), toFloats(model.get("image")), model.get("seen")];
  const drawPaper = () => {
    const [strokes, image, seen] = read();
    const text = describe(strokes, image, model.get("index"), model.get("point_labels"));
    paper.draw(strokes, image, `${text}; the model sees ${named(seen)}`);
  };
  const draw = () => {
    const [strokes, image, seen] = read();
    undo.disabled = strokes.length === 0;
    boxes.forEach((box, k) => (box.checked = seen[k]));
    drawPaper();
    show(complete(image, seen, model.get("eps")));
  };
  onStop(drawOnChange(model, el, ["strokes", "image", "eps", "index", "seen"], draw));
  onStop(onResize(paper.canvas, drawPaper));
  onStop(tendStage(el));
}

/** Which quadrants are seen, in words. */
export function named(seen) {
  return QUADRANTS.filter((_, k) => seen[k]).join(", ") || "nothing";
}

/** For each of the 784 pixels whether it is seen. */
export function seenPixels(seen) {
  return Array.from({ length: SIDE ** 2 }, (_, i) => seen[2 * (i >= HALF * SIDE) + (i % SIDE >= HALF)]);
}

/**
 * What the model makes of an image: `complete(image, seen, eps)` gives the seen pixels, with 0 for each other one; an
 * image for each z = mu + sigma eps of p(z|c), decoded, but with the seen pixels as they are; and the mean of those.
 */
export function makeCompletion(prior, decode, latentDim) {
  return (image, seen, eps) => {
    const shown = seenPixels(seen);
    const visible = image.map((value, i) => (shown[i] ? value : 0));
    const condition = [...visible, ...seen.map(Number)];
    const code = prior(condition);
    const [mu, logvar] = [code.slice(0, latentDim), code.slice(latentDim)];
    const images = Array.from({ length: eps.length / latentDim }, (_, k) => {
      const z = Array.from(mu, (value, d) => value + Math.exp(logvar[d] / 2) * eps[k * latentDim + d]);
      return decode([...z, ...condition]).map((value, i) => (shown[i] ? image[i] : value));
    });
    const mean = visible.map((_, i) => images.reduce((sum, one) => sum + one[i], 0) / images.length);
    return { visible, images, mean };
  };
}

function connectModel(model) {
  const weights = (name) => toFloats(model.get(`${name}_weights`));
  const prior = makeNetwork(model.get("prior"), weights("prior"));
  const decode = makeDecoder(model.get("decoder"), weights("decoder"));
  return makeCompletion(prior, decode, model.get("latent_dim"));
}

/** A box to tick for each quadrant, laid out as they are. */
function addBoxes(parent, model) {
  const group = append(parent, "div", "vae-completion-seen");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "quadrants that the model sees");
  return QUADRANTS.map((name, k) => {
    const label = append(group, "label", "");
    const box = append(label, "input", "");
    box.type = "checkbox";
    label.append(` ${name}`);
    label.title = "whether the model sees it";
    box.addEventListener("change", () => {
      model.set("seen", model.get("seen").map((one, other) => (other === k ? box.checked : one)));
      model.save_changes();
    });
    return box;
  });
}

/** What is seen, the mean and the completions; returns what fills them. */
function addResults(parent, model) {
  const results = append(parent, "div", "vae-completion-results");
  const blue = (context, ink) => {
    paintInk(context, ink);
    fillUnseen(context, SIDE, model.get("seen"), BLUE, "screen"); // black ink becomes blue, white paper stays white
  };
  const shut = (context, ink) => {
    paintInk(context, ink);
    fillUnseen(context, SIDE, model.get("seen"), SHUT);
  };
  const side = append(results, "div", "vae-completion-side");
  const [showSeen, showMean] = [addDigit(side, "", shut), addDigit(side, "", blue)];
  const grid = append(results, "div", "vae-completion-grid");
  const count = model.get("eps").length / model.get("latent_dim");
  const shows = Array.from({ length: count }, () => addDigit(grid, "", blue));
  return ({ visible, images, mean }) => {
    const parts = model.get("seen").filter(Boolean).length;
    showSeen(visible, `what is seen:\n${parts} of 4`);
    showMean(mean, `the mean\nof the ${count}`);
    images.forEach((image, k) => shows[k](image, `completion ${k + 1}`));
  };
}

/** The unseen quadrants under a veil, the lines between the quadrants, and a box as large as MNIST's digits. */
function veil(context, size, seen) {
  fillUnseen(context, size, seen, VEIL);
  Object.assign(context, { strokeStyle: BLUE, lineWidth: 1.5 });
  strokeLine(context, [size / 2, 0], [size / 2, size]);
  strokeLine(context, [0, size / 2], [size, size / 2]);
  context.setLineDash([2, 4]);
  Object.assign(context, { strokeStyle: "#777", lineWidth: 1 });
  context.strokeRect(((1 - BOX) / 2) * size, ((1 - BOX) / 2) * size, BOX * size, BOX * size);
  context.setLineDash([]);
}

function fillUnseen(context, size, seen, color, how = "source-over") {
  Object.assign(context, { fillStyle: color, globalCompositeOperation: how });
  const half = size / 2;
  seen.forEach((one, k) => one || context.fillRect(half * (k % 2), half * (k >= 2), half, half));
  context.globalCompositeOperation = "source-over";
}

export default { render: makeRender(setUp) };
