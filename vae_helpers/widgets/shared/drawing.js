// The drawing: what a hand does with it, and what it is in words. drawing.py is the other side.

import { toInk } from "./bytes.js";
import { SIDE } from "./digit.js";
import { normalDraws } from "./numbers.js";
import { saveNowAndThen } from "./saving.js";

/** What lies on the paper, in words. */
export function describe(strokes, image, index, labels) {
  if (strokes.length > 0) return `your drawing, ${strokes.length} stroke${strokes.length > 1 ? "s" : ""}`;
  if (index >= 0) return `test image ${index}, a ${labels[index]}`;
  return image.some((value) => value > 0) ? "an image from Python" : "an empty sheet";
}

/** The drawing as the views and Python share it; `toPixels(strokes)` says what pixels it has. */
export function holdDrawing(model, images, toPixels) {
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
    begin: () => {},
    draw,
    drawAgain,
    end: saving.flush,
    undo: () => draw(model.get("strokes").slice(0, -1)),
    clear: () => draw([]),
    choose: (index) => show([], toInk(images.subarray(SIDE ** 2 * index, SIDE ** 2 * (index + 1))), index),
    stop: saving.stop,
  };
}
