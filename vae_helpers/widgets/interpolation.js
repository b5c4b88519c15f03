// The interpolation view: two images, their reconstructions, the digit at t between them, and the way on the map.

import { toFloats } from "./shared/bytes.js";
import { disc, fitCanvas, strokeRimmed, toPixel } from "./shared/canvas.js";
import { connectDecoder } from "./shared/decoder.js";
import { addDigit } from "./shared/digit.js";
import { append } from "./shared/dom.js";
import { label, labelAround, paintMap, readMap } from "./shared/map.js";
import { arc, lerp } from "./shared/paths.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const NEIGHBOURS = 5; // of the points on the map, whose class is told
const TEXT = 13; // height of the map's text, in the units that it is drawn in

function setUp({ model, el, onStop }) {
  el.classList.add("vae-interpolation");
  const decoder = connectDecoder(model, el);
  onStop(decoder.stop);
  const head = model.get("title") ? append(el, "div", "vae-head") : null;
  if (head) {
    append(head, "h4", "vae-title").textContent = model.get("title");
    el.classList.add("vae-compact"); // one of several: they must fit on a screen together
  }
  const side = append(el, "div", "vae-interpolation-side");
  const digits = append(side, "div", "vae-digits");
  const names = ["", "", "vae-large", "", ""];
  const draws = names.map((name) => addDigit(digits, name));
  const [startImage, endImage] = [draws[0], draws[4]];
  const [startDecoded, current, endDecoded] = draws.slice(1, 4).map(decoder.addPlace);
  const map = model.get("points").byteLength > 0 ? addMap(model, el) : null;

  const drawEnds = () => {
    const [start, end] = [model.get("start"), model.get("end")];
    startImage(toFloats(model.get("start_image")), `image: a ${model.get("start_label")}`);
    startDecoded(start, `decoded at t\u00a0=\u00a00\nfrom ${model.get("code_name")}`);
    endDecoded(end, `decoded at t\u00a0=\u00a01\nfrom ${model.get("code_name")}`);
    endImage(toFloats(model.get("end_image")), `image: a ${model.get("end_label")}`);
  };
  const drawCurrent = () => {
    const z = position(model, model.get("t"));
    const shown = z.length > 3 ? `|z| = ${Math.hypot(...z).toFixed(2)}` : `z = (${z.map((v) => v.toFixed(2)).join(", ")})`;
    current(z, `t = ${model.get("t").toFixed(2)}\n${shown}`);
    map?.draw();
  };
  const ends = ["start", "end", "start_image", "end_image", "start_label", "end_label"];
  onStop(drawOnChange(model, el, ends, drawEnds));
  onStop(drawOnChange(model, el, ["t", "arc", "start", "end"], drawCurrent));
  if (map) onStop(onResize(map.canvas, map.fit));
  if (model.get("full_screen")) onStop(addFullScreen(head ?? append(side, "div", "vae-controls"), el));
  onStop(tendStage(el));
  onStop(followPlay(model));
}

/** The play button counts frames; each moves t by 0.01, there and back, from wherever the hand has left it. */
function followPlay(model) {
  let phase = 0;
  const there = () => (phase <= 100 ? phase : 200 - phase) / 100;
  const play = () => {
    if (model.get("frame") === 0) return; // stopped, or begun again
    if (Math.abs(there() - model.get("t")) > 0.005) phase = Math.round(100 * model.get("t"));
    phase = (phase + 1) % 200;
    model.set("t", there());
    model.save_changes();
  };
  model.on("change:frame", play);
  return () => model.off("change:frame", play);
}

function position(model, t) {
  return (model.get("arc") ? arc : lerp)(model.get("start"), model.get("end"), t);
}

/** The class-coloured map, painted by `fit()`, once for each size; `draw()` puts path, moving point and class over it. */
function addMap(model, el) {
  const canvas = append(el, "canvas", "vae-map");
  canvas.setAttribute("role", "img");
  const context = canvas.getContext("2d");
  const map = readMap(model);
  let [size, background] = [0, null];
  // Only when the size has changed: to ask the page for it makes the browser lay the page out.
  const fit = () => {
    size = fitCanvas(canvas, TEXT)?.width ?? 0; // 0: not on the page yet
    if (size === 0) return;
    const unit = canvas.width / size;
    background = paintMap(map, canvas, unit, model.get("prior"));
    draw();
  };
  const draw = () => {
    if (size === 0) return;
    const t = model.get("t");
    context.drawImage(background, 0, 0, size, size);
    const place = (x, y) => toPixel(x, y, size, map.limit);
    const path = Array.from({ length: 51 }, (_, k) => place(...position(model, k / 50)));
    context.beginPath();
    path.forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
    strokeRimmed(context, { width: 2.5, rim: 6 });
    const z = position(model, t);
    disc(context, place(...z), 7.5, "#fff");
    disc(context, place(...z), 5.5, "#111");
    const [where, digit] = [z.map((value) => value.toFixed(2)).join(", "), labelAround(map, z, NEIGHBOURS)];
    label(context, `nearest images: ${digit}`, [size - 6, 10], "right", 1);
    canvas.setAttribute("aria-label", `latent map; the moving point is at (${where}), nearest images: ${digit}`);
  };
  return { canvas, fit, draw };
}

export default { render: makeRender(setUp) };
