// The latent pad: a map of the plane with a point to move, the digit there, and the images that lie nearest.

import { toInk } from "./shared/bytes.js";
import { connectDecoder } from "./shared/decoder.js";
import { addDigit, SIDE } from "./shared/digit.js";
import { append } from "./shared/dom.js";
import { nearestPoints, paintMap, readMap } from "./shared/map.js";
import { addPlane, caption, HELP, holdZ } from "./shared/plane.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const NEIGHBOURS = 5;

function setUp({ model, el, onStop }) {
  el.classList.add("vae-pad");
  // This view is the stage itself, and anywidget's views don't follow when their DOM classes change later.
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  const decoder = connectDecoder(model, el);
  onStop(decoder.stop);
  const map = readMap(model);
  const hand = holdZ(model, map.limit);
  onStop(hand.stop);
  const paint = (canvas, unit) => paintMap(map, canvas, unit);
  const pad = addPlane(el, map.limit, hand, { name: "latent map", paint });
  const side = append(el, "div", "vae-pad-side");
  const showDigit = decoder.addPlace(addDigit(side, "vae-large"));
  const controls = append(side, "div", "vae-pad-controls");
  const count = model.get("images").byteLength / SIDE ** 2;
  const drawNearest = addNearest(side, controls, model, map, count);
  append(side, "div", "vae-note").textContent = `${HELP} Nearest: of the first ${count} test images.`;

  const draw = () => {
    const z = hand.read();
    showDigit(z, caption(z));
    pad.draw(z, drawNearest(z));
  };
  onStop(drawOnChange(model, el, ["z1", "z2", "nearest"], draw));
  onStop(addFullScreen(controls, el));
  onStop(onResize(pad.canvas, () => pad.fit() && draw()));
  onStop(tendStage(el));
}

/** The box to tick and the row of images; returns what fills the row and says where they lie. */
function addNearest(parent, controls, model, map, count) {
  const { buffer, byteOffset, byteLength } = model.get("images");
  const images = new Uint8Array(buffer, byteOffset, byteLength);
  const label = append(controls, "label", "vae-pad-toggle");
  const box = append(label, "input", "");
  box.type = "checkbox";
  label.append("show the nearest test images");
  box.addEventListener("change", () => {
    model.set("nearest", box.checked);
    model.save_changes();
  });
  const row = append(parent, "div", "vae-digits vae-pad-nearest");
  const draws = Array.from({ length: Math.min(NEIGHBOURS, count) }, () => addDigit(row, ""));
  return (z) => {
    box.checked = model.get("nearest");
    row.hidden = !box.checked;
    if (!box.checked) return [];
    const found = nearestPoints(map.points.subarray(0, 2 * count), z, draws.length);
    found.forEach((i, k) => {
      const image = images.subarray(SIDE ** 2 * i, SIDE ** 2 * (i + 1));
      draws[k](toInk(image), `a ${map.labels[i]}`);
    });
    return found.map((i) => [map.points[2 * i], map.points[2 * i + 1]]);
  };
}

export default { render: makeRender(setUp) };
