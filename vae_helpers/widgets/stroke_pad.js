// The stroke pad: write with a pen, and see on the next frame what a recurrent VAE makes of it.

import { toFloats, toWeights } from "./shared/bytes.js";
import { addDesk } from "./shared/desk.js";
import { append } from "./shared/dom.js";
import { paintMap, readMap } from "./shared/map.js";
import { pairs } from "./shared/numbers.js";
import { makePen, nllOf } from "./shared/pen_decoder.js";
import { makePenEncoder } from "./shared/pen_encoder.js";
import { addPlane } from "./shared/plane.js";
import { paintPosterior } from "./shared/posterior.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { onResize, tendStage } from "./shared/stage.js";
import { addCost, addNearest, addWritten } from "./shared/stroke_results.js";
import { holdPlace, holdWriting, SIZE } from "./shared/writing.js";

const NOTE =
  "Write on the square, or choose a held-out stroke there with the arrow keys. The data know nothing of lifting the pen: " +
  "several strokes are joined in the order of writing. The line becomes 8 points, equally far apart, and these are " +
  "stretched to the edges. On the map: μ with one and two sigma. Drag the cross, and the decoder writes from there.";

function setUp({ model, el, onStop }) {
  el.classList.add("vae-stroke");
  const [strokes, costs, map] = [toFloats(model.get("strokes")), toFloats(model.get("costs")), readMap(model)];
  const network = (name, make) => make(model.get(name).sizes, toWeights(model.get(name).weights, model.get(name).half));
  const [read, pen] = [network("encoder", makePenEncoder), network("decoder", makePen)];
  const hand = holdWriting(model, strokes);
  onStop(hand.stop);
  let q = null; // of what is on the paper
  const place = holdPlace(model, hand, map.limit, () => q?.mu ?? [0, 0]);

  const desk = addDesk(el, model, hand, strokes, onStop);
  const plane = addPlane(el, map.limit, place, { name: "latent map", paint: (canvas, unit) => paintMap(map, canvas, unit) });
  const results = append(el, "div", "vae-stroke-results");
  const written = addWritten(results);
  const cost = addCost(results, costs);
  const showNearest = addNearest(results, map, strokes);
  append(el, "div", "vae-note vae-stroke-note").textContent = NOTE;

  const draw = () => {
    const [lines, stroke, index, backwards] = ["lines", "stroke", "index", "backwards"].map((name) => model.get(name));
    q = stroke.length > 0 ? read(stroke) : null;
    const moved = place.moved();
    const z = moved || !q ? place.read() : q.mu; // which may lie beyond the edge of the map
    const nearest = showNearest(z);
    desk.show({ lines, stroke, index, backwards, moved }, q, map.labels[nearest[0]]);
    plane.draw(z, [], (...canvas) => paintPosterior(q, moved || !q ? z : null, map, ...canvas));
    written.show(pen.write(z, new Float32Array(SIZE), 0), stroke, z, moved || !q ? "z" : "μ");
    cost.show(q && nllOf(pen.read(q.mu, pairs(stroke))), q?.kl);
  };
  onStop(drawOnChange(model, el, ["lines", "stroke", "index", "backwards", "z"], draw));
  const fit = () => [plane.fit(), cost.fit(), desk.fit(), written.fit()].some(Boolean) && draw();
  [plane, cost, desk, written].forEach(({ canvas }) => onStop(onResize(canvas, fit)));
  onStop(tendStage(el));
}

export default { render: makeRender(setUp) };
