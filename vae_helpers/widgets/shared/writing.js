// A drawing and the stroke that it is, and the z that a decoder writes from, as the views and Python share them.

import { clamp } from "./numbers.js";
import { POINTS, readHand, reversed } from "./pen.js";
import { saveNowAndThen } from "./saving.js";

export const SIZE = 2 * POINTS; // numbers of a stroke

/** What lies on the paper, in words. */
export function describe({ lines, stroke, index, backwards }, labels) {
  const what = () => {
    if (lines.length > 0) return `your drawing, ${lines.length} stroke${lines.length > 1 ? "s" : ""}`;
    if (index >= 0) return `held-out stroke ${index}: ${labels[index]}`;
    return stroke.length > 0 ? "a stroke from Python" : "an empty sheet";
  };
  return what() + (backwards ? ", backwards" : "");
}

/** Why a drawing is no stroke yet. */
export function complaint({ lines, stroke }) {
  if (lines.length === 0 || stroke.length > 0) return "";
  if (readHand(lines).places.length === 0) return "A dot is no line.";
  return "A level or upright line can't be stretched.";
}

/** The drawing, and the z that the decoder writes from, as the views and Python share them. */
export function holdWriting(model, strokes) {
  const saving = saveNowAndThen(model);
  let count = 0;
  const set = (values) => {
    // `hand` is always another, so that it goes along with each change
    for (const [name, value] of Object.entries({ ...values, hand: [model.get("turn"), ++count] })) model.set(name, value);
    saving.soon();
  };
  const show = (lines, stroke, index, backwards = false) => set({ lines, stroke, index, backwards, z: [] });
  const draw = (lines) => show(lines, readHand(lines).stroke, -1);
  return {
    strokes: () => model.get("lines"),
    index: () => model.get("index"),
    begin: () => {},
    draw,
    end: saving.flush,
    undo: () => draw(model.get("lines").slice(0, -1)),
    clear: () => draw([]),
    choose: (index) => show([], Array.from(strokes.subarray(SIZE * index, SIZE * (index + 1))), index),
    turn: () => {
      const lines = model.get("lines").map((line) => [...line].reverse()).reverse();
      show(lines, reversed(model.get("stroke")), model.get("index"), !model.get("backwards"));
    },
    place: (z) => set({ z }),
    stop: saving.stop,
  };
}

/** Where the decoder writes from: at mu until a hand takes it elsewhere. While a hand holds it, only the hand moves it. */
export function holdPlace(model, hand, limit, mu) {
  let held = null;
  const read = () => held ?? (model.get("z").length > 0 ? model.get("z") : mu()).map((value) => clamp(value, limit));
  return {
    moved: () => held !== null || model.get("z").length > 0,
    read,
    move: hand.place,
    drag: (z) => hand.place((held = z)),
    release: () => {
      if (!held) return;
      hand.place(held); // Python may have set another meanwhile: where the hand let go is the last word
      held = null;
      hand.end();
    },
  };
}
