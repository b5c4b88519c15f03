// The plane of a painted prior: the paint, D(z) behind it, the codes of digits on it; and the hand that paints.

import { disc, drawCross, fitCanvas, strokeRimmed, toPixel } from "./canvas.js";
import { append, onDrag } from "./dom.js";
import { CODE, PRIOR } from "./judged.js";
import { label, nameClasses, paintAxes } from "./map.js";
import { step, toLatent } from "./plane.js";

const CELLS = 48; // of the heat map, across and down
const HELP = "Paint with mouse, pen or finger. Arrow keys move the cross; space paints there.";

/** The middles of the heat map's cells, x, y, x, y, ..., the first row on top. */
export function cellsOf(limit) {
  const at = (k) => limit * ((2 * k + 1) / CELLS - 1);
  const cells = Array.from({ length: CELLS ** 2 }, (_, i) => [at(i % CELLS), -at(Math.floor(i / CELLS))]);
  return Float32Array.from(cells.flat());
}

/** D(z) as a colour, a paler one of the code flow's: the codes here have no rims. Orange a code, blue a draw. */
export function colorOf(probability) {
  const far = Math.abs(2 * probability - 1) * 0.75;
  return (probability < 0.5 ? CODE : PRIOR).map((value) => Math.round(255 + far * (value - 255)));
}

/**
 * The canvas and `draw({ points, codes, belief, cross, rubber })`, lists of x, y, x, y, ...; `belief` has D(z) of each
 * cell, or is null; `rubber` is the radius of an eraser around the cross, 0 without one. `hand` is told of `begin(z)`,
 * `move(z)` and `end()` of a stroke, of `look(z)`, where the pointer is, and of `dab(z)` by a key; it is asked for
 * `cross()`.
 */
export function addPaintedPlane(parent, { labels, colors, limit, spread }, hand) {
  const canvas = append(parent, "canvas", "vae-painter-plane");
  canvas.tabIndex = 0;
  const names = { role: "application", "aria-roledescription": "plane to paint on", "aria-label": HELP };
  for (const [name, value] of Object.entries(names)) canvas.setAttribute(name, value);
  listen(canvas, limit, hand);
  const context = canvas.getContext("2d");
  const small = new OffscreenCanvas(CELLS, CELLS);
  const paint = makePaint();
  let believed = null; // what the heat map shows
  const draw = ({ points, codes, belief, cross, rubber = 0 }) => {
    const size = fitCanvas(canvas, 13)?.width;
    if (!size) return; // not on the page yet
    context.fillStyle = "#fff";
    context.fillRect(0, 0, size, size);
    if (belief && belief !== believed) paintBelief(small, (believed = belief));
    if (belief) context.drawImage(small, 0, 0, size, size);
    const at = (list, i) => toPixel(list[i], list[i + 1], size, limit);
    const dab = (paper, i) => disc(paper, at(points, i), (spread * size) / limit, "rgba(60, 60, 60, 0.13)");
    context.drawImage(paint(points, canvas.width, size, dab), 0, 0, size, size);
    paintCodes(context, codes, { labels, colors, at });
    nameClasses(context, { points: codes, labels, limit }, size, 1);
    paintAxes(context, { limit }, size, 1);
    // at the top, where few codes lie
    if (points.length === 0) label(context, "paint a prior here", [size / 2, 22], "center", 1.3);
    if (rubber > 0) drawRing(context, toPixel(...cross, size, limit), (rubber * size) / (2 * limit));
    drawCross(context, toPixel(...cross, size, limit), { from: 5, to: 11, width: 2, rim: 4.5 });
  };
  return { canvas, draw };
}

/** What an eraser here would take. */
function drawRing(context, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  strokeRimmed(context, { width: 1.5, rim: 3.5, dash: [4, 3] });
}

/** The paint as a picture, made anew only for other points or another size: up to three thousand dots take long. */
function makePaint() {
  const picture = new OffscreenCanvas(1, 1);
  let shown = null;
  return (points, width, size, dab) => {
    if (points === shown && width === picture.width) return picture;
    picture.width = picture.height = width; // which clears it
    shown = points;
    const paper = picture.getContext("2d");
    paper.setTransform(width / size, 0, 0, width / size, 0, 0);
    for (let i = 0; i < points.length; i += 2) dab(paper, i);
    return picture;
  };
}

function paintBelief(small, belief) {
  const paper = small.getContext("2d");
  const image = paper.createImageData(CELLS, CELLS);
  belief.forEach((probability, i) => image.data.set([...colorOf(probability), 255], 4 * i));
  paper.putImageData(image, 0, 0);
}

/** All dots of a colour are one path: a thousand paths would take several times as long. */
function paintCodes(context, codes, { labels, colors, at }) {
  context.globalAlpha = 0.85;
  context.strokeStyle = "white"; // a rim, so that orange dots are seen on an orange ground
  context.lineWidth = 1.2;
  colors.forEach((color, kind) => {
    context.fillStyle = color;
    context.beginPath();
    labels.forEach((one, n) => {
      if (one !== kind) return;
      const [x, y] = at(codes, 2 * n);
      context.moveTo(x + 2.2, y);
      context.arc(x, y, 2.2, 0, 2 * Math.PI);
    });
    context.stroke();
    context.fill();
  });
  context.globalAlpha = 1;
}

function listen(canvas, limit, hand) {
  const at = ({ clientX, clientY }) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    return toLatent(clientX - left, clientY - top, width, limit);
  };
  const held = onDrag(canvas, {
    begin: (event) => {
      canvas.focus({ preventScroll: true });
      hand.begin(at(event));
    },
    move: (event) => {
      const events = event.getCoalescedEvents?.() ?? []; // a pen moves more often than pictures change
      for (const one of events.length ? events : [event]) hand.move(at(one));
    },
    end: hand.end,
  });
  canvas.addEventListener("mousemove", (event) => hand.look(at(event)));
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || held()) return;
    const z = event.key === " " ? hand.cross() : step(hand.cross(), event.key, event.shiftKey, limit);
    if (!z) return;
    event.preventDefault(); // else the page would scroll
    (event.key === " " ? hand.dab : hand.look)(z);
  });
}
