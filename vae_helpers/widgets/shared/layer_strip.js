// Draws side by side, and what held-out images cost in each of two layers.

import { addDigit, paintInk, SIDE } from "./digit.js";
import { addButton, append } from "./dom.js";
import { fixed } from "./numbers.js";

/** The strip's titles, by what is frozen. */
export const STRIPS = {
  "": "eight draws of z₂ and of ε₁",
  z2: "z₂ held, eight draws of ε₁",
  eps1: "ε₁ held, eight draws of z₂",
};

/** What each of the strip's draws is decoded from: the draws, z2 first, but for what is frozen. */
export function heldOrDrawn(draws, frozen, z2, eps1) {
  const length = z2.length + eps1.length;
  return Array.from({ length: draws.length / length }, (_, k) => {
    const drawn = draws.subarray(length * k, length * (k + 1));
    return [frozen === "z2" ? z2 : drawn.subarray(0, z2.length), frozen === "eps1" ? eps1 : drawn.subarray(z2.length)];
  });
}

/** A row of `count` images below its title; returns the title's line, for buttons, and `show(title, inks)`. */
export function addStrip(parent, count) {
  const strip = append(parent, "div", "vae-layer-pads-strip");
  const head = append(strip, "div", "vae-layer-pads-head");
  const name = append(head, "span", "vae-layer-pads-title");
  name.setAttribute("role", "status");
  const row = append(strip, "div", "vae-digits");
  row.setAttribute("role", "img");
  const draws = Array.from({ length: count }, () => addDigit(row, ""));
  const show = (title, inks) => {
    name.textContent = title;
    row.setAttribute("aria-label", title);
    inks.forEach((ink, k) => draws[k](ink, ""));
  };
  return { head, show };
}

/** What an image costs in each layer, z2 above z1, as bars on a scale up to `most` nats; returns `show(label, [z1's, z2's])`. */
export function addCosts(parent, most) {
  const box = append(parent, "div", "vae-layer-pads-costs");
  const title = append(box, "div", "vae-layer-pads-title");
  const bars = Object.entries({ z2: "z₂", z1: "z₁" }).map(([layer, name]) => {
    const row = append(box, "div", "vae-layer-pads-cost");
    const text = append(row, "span", "");
    const bar = append(append(row, "span", "vae-layer-pads-track"), "span", `vae-layer-pads-bar vae-layer-pads-${layer}`);
    return { name, text, bar };
  });
  return (label, costs) => {
    title.textContent = `KL of the held-out ${label}: ${fixed(costs[0] + costs[1], 1)} nats`;
    bars.forEach(({ name, text, bar }, k) => {
      const cost = costs.at(-1 - k);
      text.textContent = `${name} ${fixed(cost, 1)}`;
      bar.style.width = `${(100 * Math.max(0, cost)) / most}%`; // bottom-up, a part may be negative
    });
  };
}

/** A button for each held-out image; returns `show(chosen)`. */
export function addExamples(parent, images, labels, choose) {
  const group = append(parent, "div", "vae-layer-pads-examples");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "held-out digits to start from");
  const buttons = labels.map((label, k) => {
    const words = `start from a held-out ${label}`;
    const button = addButton(group, "", words, () => choose(k));
    button.setAttribute("aria-label", words);
    const canvas = append(button, "canvas", "");
    canvas.width = canvas.height = SIDE;
    paintInk(canvas.getContext("2d"), images[k]);
    return button;
  });
  return (chosen) => buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(k === chosen)));
}
