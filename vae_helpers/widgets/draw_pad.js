// The drawing pad: draw a digit by hand, and see what each model makes of it, on the next frame.

import { toFloats, toInk } from "./shared/bytes.js";
import { addCoderPanel } from "./shared/coder_panel.js";
import { addDigit, SIDE } from "./shared/digit.js";
import { addButton, append } from "./shared/dom.js";
import { normalDraws } from "./shared/numbers.js";
import { addPaper } from "./shared/paper.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
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
  const hand = holdDrawing(model, images);
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

/** What lies on the paper, in words. */
export function describe(strokes, image, index, labels) {
  if (strokes.length > 0) return `your drawing, ${strokes.length} stroke${strokes.length > 1 ? "s" : ""}`;
  if (index >= 0) return `test image ${index}, a ${labels[index]}`;
  return image.some((value) => value > 0) ? "an image from Python" : "an empty sheet";
}

/** The drawing as the views and Python share it. */
export function holdDrawing(model, images) {
  const saving = saveNowAndThen(model);
  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    saving.soon();
  };
  let count = 0;
  const hand = () => [model.get("turn"), ++count]; // always another, so that it goes along with each drawing
  const show = (strokes, pixels, index) => set({ strokes, image: new DataView(pixels.buffer), index, hand: hand() });
  const draw = (strokes) => show(strokes, toPixels(strokes), -1);
  const drawAgain = () => set({ eps: Array.from(normalDraws(model.get("eps").length)) });
  return {
    strokes: () => model.get("strokes"),
    index: () => model.get("index"),
    begin: drawAgain, // frozen from here to the end of the stroke: the dots follow mu and sigma
    draw,
    drawAgain,
    end: saving.flush,
    undo: () => draw(model.get("strokes").slice(0, -1)),
    clear: () => draw([]),
    choose: (index) => show([], toInk(images.subarray(SIDE ** 2 * index, SIDE ** 2 * (index + 1))), index),
    stop: saving.stop,
  };
}

export default { render: makeRender(setUp) };
