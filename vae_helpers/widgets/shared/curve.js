// A curve that grows while something learns, with the last value beside its name.

import { fitCanvas, strokeLine } from "./canvas.js";
import { append } from "./dom.js";

const MOST = 300; // values kept: of more, every second goes, and from then on each stands for twice as many steps

/** `add(value)` for each step; `means()`: the mean of each so many steps, the first first. */
export function makeTrace() {
  let [kept, each, sum, count] = [[], 10, 0, 0];
  return {
    means: () => kept,
    last: () => kept.at(-1) ?? (count > 0 ? sum / count : NaN),
    add: (value) => {
      sum += value;
      if (++count < each) return;
      kept.push(sum / count);
      [sum, count] = [0, 0];
      if (kept.length < MOST) return;
      kept = kept.filter((_, i) => i % 2 === 1);
      each *= 2;
    },
  };
}

/** A curve with its name; `goal`, { value, text }, is a dashed line. Returns `draw(values, figure)`; its axis begins at 0. */
export function addCurve(parent, name, color, goal = null) {
  const figure = append(parent, "div", "vae-painter-curve");
  const title = append(figure, "div", "vae-painter-curve-name");
  const canvas = append(figure, "canvas", "");
  canvas.setAttribute("role", "img");
  return (values, text) => {
    title.textContent = `${name}: ${text}${goal ? ` (dashed: ${goal.text})` : ""}`;
    canvas.setAttribute("aria-label", title.textContent);
    const size = fitCanvas(canvas, 13);
    if (!size) return; // not on the page yet
    const context = canvas.getContext("2d");
    const top = 1.1 * Math.max(goal?.value ?? 0, ...values, 1e-9);
    const at = (value) => size.height * (1 - value / top);
    context.fillStyle = "#fff";
    context.fillRect(0, 0, size.width, size.height);
    if (goal) {
      Object.assign(context, { strokeStyle: "#111", lineWidth: 1.2 });
      context.setLineDash([5, 4]);
      strokeLine(context, [0, at(goal.value)], [size.width, at(goal.value)]);
      context.setLineDash([]);
    }
    Object.assign(context, { strokeStyle: color, lineWidth: 2, lineJoin: "round" });
    context.beginPath();
    values.forEach((value, i) => context.lineTo((i / Math.max(values.length - 1, 1)) * size.width, at(value)));
    context.stroke();
  };
}
