// Images to choose from, each a button.

import { paintInk, SIDE } from "./digit.js";
import { append } from "./dom.js";

/** The buttons, of which a click calls `onImage(k)`; returns what shows which is chosen. */
export function addThumbnails(parent, images, onImage) {
  const group = append(parent, "div", "vae-thumbnails");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "image");
  const buttons = images.map((ink, k) => {
    const button = Object.assign(append(group, "button", "vae-thumbnail"), { type: "button" });
    button.setAttribute("aria-label", `image ${k + 1} of ${images.length}`);
    const canvas = append(button, "canvas", "");
    canvas.width = canvas.height = SIDE;
    paintInk(canvas.getContext("2d"), ink);
    button.addEventListener("click", () => onImage(k));
    return button;
  });
  return (chosen) => buttons.forEach((button, k) => button.setAttribute("aria-pressed", `${k === chosen}`));
}
