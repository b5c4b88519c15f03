// The map of a latent plane during training: each time the kernel sends new codes, the points glide to them.

import { toFloats } from "./shared/bytes.js";
import { fitCanvas } from "./shared/canvas.js";
import { append } from "./shared/dom.js";
import { paintMap, readMap } from "./shared/map.js";
import { lerp } from "./shared/paths.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { onResize } from "./shared/stage.js";

const TEXT = 13; // height of the canvas's text, in the units that it is drawn in
const GLIDE = 250; // ms: about what lies between two looks at a model

function setUp({ model, el, onStop }) {
  el.classList.add("vae-live-map");
  const canvas = append(el, "canvas", "vae-map");
  canvas.setAttribute("role", "img");
  const caption = append(el, "div", "vae-note");
  const context = canvas.getContext("2d");
  const map = readMap(model);
  const glide = makeGlide(map.points);
  let [size, frame] = [0, 0];

  const paint = () => {
    const now = performance.now();
    frame = 0;
    map.points = glide.at(now);
    if (size === 0) return; // not on the page yet
    context.drawImage(paintMap(map, canvas, canvas.width / size), 0, 0, size, size);
    if (!glide.over(now)) frame = requestAnimationFrame(paint);
  };
  const draw = () => {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    glide.to(toFloats(model.get("points")), performance.now(), calm ? 0 : GLIDE);
    caption.textContent = model.get("caption");
    canvas.setAttribute("aria-label", `latent map ${model.get("caption")}`);
    frame ||= requestAnimationFrame(paint);
  };
  onStop(drawOnChange(model, el, ["points", "caption"], draw));
  onStop(onResize(canvas, () => {
    size = fitCanvas(canvas, TEXT)?.width ?? 0;
    frame ||= requestAnimationFrame(paint);
  }));
  onStop(() => cancelAnimationFrame(frame));
}

/** Numbers on their way: `to(goal, now, duration)` sets out from where they are, `at(now)` says where they are then. */
export function makeGlide(start) {
  let [from, goal, begun, length] = [start, start, 0, 0];
  const share = (now) => (length > 0 ? Math.min(1, Math.max(0, (now - begun) / length)) : 1);
  const at = (now) => (share(now) === 1 ? goal : lerp(from, goal, share(now)));
  const to = (next, now, duration) => ([from, goal, begun, length] = [at(now), next, now, duration]);
  return { to, at, over: (now) => share(now) === 1 };
}

export default { render: makeRender(setUp) };
