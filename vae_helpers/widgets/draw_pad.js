// The drawing pad: draw a digit by hand, and see what each model makes of it, on the next frame.

import { toFloats } from "./shared/bytes.js";
import { addCoderPanel } from "./shared/coder_panel.js";
import { addDigit, SIDE } from "./shared/digit.js";
import { addButton, append } from "./shared/dom.js";
import { describe, holdDrawing } from "./shared/drawing.js";
import { addPaper } from "./shared/paper.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";
import { toPixels } from "./shared/strokes.js";

const NOTE =
  "Draw on the square, or focus it and choose a test image with the arrow keys. Your drawing is scaled to 20 pixels and " +
  "centred by its mass, as MNIST's makers did. Dots: draws of z; ellipse: two sigma; the bars: test images.";

function setUp({ model, el, onStop }) {
  el.classList.add("vae-draw");
  // This view is the stage itself, and anywidget's views don't follow when their DOM classes change later.
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  const { buffer, byteOffset, byteLength } = model.get("images");
  const images = new Uint8Array(buffer, byteOffset, byteLength);
  const drawing = holdDrawing(model, images, toPixels);
  const hand = { ...drawing, begin: drawing.drawAgain }; // frozen to the end of the stroke: the dots follow mu and sigma
  onStop(hand.stop);

  const desk = append(el, "div", "vae-draw-desk");
  const paper = addPaper(desk, images.length / SIDE ** 2, hand);
  const controls = append(desk, "div", "vae-controls");
  const undo = addButton(controls, "undo", "take the last stroke back", hand.undo);
  addButton(controls, "clear", "take an empty sheet", hand.clear);
  addButton(controls, "draw z again", "other noise, the same image", hand.drawAgain);
  onStop(addFullScreen(controls, el));
  const treated = addDigit(desk, "vae-draw-treated");
  append(desk, "div", "vae-note").textContent = NOTE;
  el.classList.toggle("vae-draw-several", model.get("coders").length > 1);
  const panels = model.get("coders").map((_, k) => addCoderPanel(el, model, k, images));
  panels.forEach(({ stop }) => onStop(stop));

  const draw = () => {
    const [strokes, image, eps] = [model.get("strokes"), toFloats(model.get("image")), model.get("eps")];
    const text = describe(strokes, image, model.get("index"), model.get("point_labels"));
    undo.disabled = strokes.length === 0;
    paper.draw(strokes, image, text);
    treated(image, `28 × 28 pixels:\n${text}`);
    panels.forEach(({ show }) => show(image, eps));
  };
  onStop(drawOnChange(model, el, ["strokes", "image", "eps", "index"], draw));
  const canvases = [paper, ...panels].map(({ canvas }) => canvas);
  const fit = () => panels.map((panel) => panel.fit()).some(Boolean) && draw(); // each must fit: `some` alone would stop
  canvases.forEach((canvas) => onStop(onResize(canvas, fit)));
  onStop(tendStage(el));
}

export default { render: makeRender(setUp) };
