// A digit on the page: black ink on white paper.

import { toInk } from "./bytes.js";
import { append } from "./dom.js";

export const SIDE = 28; // pixels

/** A digit with its caption, painted by `paint(context, ink)`; returns `draw(ink, caption)`. */
export function addDigit(parent, className, paint = paintInk) {
  const figure = append(parent, "figure", `vae-digit ${className}`);
  const canvas = append(figure, "canvas", "");
  canvas.width = canvas.height = SIDE;
  canvas.setAttribute("role", "img");
  const text = append(figure, "figcaption", "");
  const context = canvas.getContext("2d");
  return (ink, caption) => {
    paint(context, ink);
    text.textContent = caption;
    canvas.setAttribute("aria-label", caption);
  };
}

/** Paint the pixels of one picture, each from 0 to 1 (ink), at `left` on a canvas. */
export function paintInk(context, ink, left = 0) {
  const image = context.createImageData(SIDE, SIDE);
  const { data } = image;
  data.fill(255);
  for (let i = 0; i < ink.length; i++) data[4 * i] = data[4 * i + 1] = data[4 * i + 2] = 255 * (1 - ink[i]);
  context.putImageData(image, left, 0);
}

/** Images in their bytes, a DataView, each as its ink. */
export function inksOf({ buffer, byteOffset, byteLength }) {
  const ink = toInk(new Uint8Array(buffer, byteOffset, byteLength));
  return Array.from({ length: ink.length / SIDE ** 2 }, (_, k) => ink.subarray(k * SIDE ** 2, (k + 1) * SIDE ** 2));
}
