// What the widgets' canvases share: sizes, places, and things drawn with a white rim, to be seen over others.

/**
 * Give a canvas a pixel for each of the screen's, and units in which its text is `text` high: how large that is on
 * the screen, the style sheet's font-size rules. Returns { width, height } in units, or null if it is not on the page.
 */
export function fitCanvas(canvas, text) {
  const { clientWidth, clientHeight } = canvas;
  if (clientWidth === 0) return null;
  const unit = (parseFloat(getComputedStyle(canvas).fontSize) / text) * devicePixelRatio; // canvas pixels
  const [width, height] = [clientWidth, clientHeight].map((size) => Math.round(size * devicePixelRatio));
  if (canvas.width !== width) canvas.width = width; // only then: setting a size takes time
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d").setTransform(unit, 0, 0, unit, 0, 0);
  return { width: width / unit, height: height / unit };
}

/** Where a point of a plane lies on a square canvas of `size` that shows -limit to limit both ways; up is positive. */
export function toPixel(x, y, size, limit) {
  return [(x / limit + 1) * (size / 2), (1 - y / limit) * (size / 2)];
}

/** The inverse of `toPixel`. */
export function fromPixel(x, y, size, limit) {
  return [((2 * x) / size - 1) * limit, (1 - (2 * y) / size) * limit];
}

export function disc(paper, [x, y], radius, color) {
  paper.fillStyle = color;
  paper.beginPath();
  paper.arc(x, y, radius, 0, 2 * Math.PI);
  paper.fill();
}

export function strokeLine(context, from, to) {
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

/** Stroke the path of the context in a colour, over a rim that is `rim` wide in all. */
export function strokeRimmed(context, { width, rim, color = "#111", rimColor = "#fff", dash = [] }) {
  Object.assign(context, { strokeStyle: rimColor, lineWidth: rim });
  context.stroke();
  context.setLineDash(dash);
  Object.assign(context, { strokeStyle: color, lineWidth: width });
  context.stroke();
  context.setLineDash([]);
}

/** Text with a white rim; `style` is what the context shall have for it: font, textAlign, fillStyle. */
export function write(context, text, [x, y], { rim, ...style }) {
  context.save();
  Object.assign(context, { strokeStyle: "#fff", lineWidth: rim, lineJoin: "round", ...style });
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
  context.restore();
}

/** A cross with arms of length `to`; with `from`, a ring of that radius in place of its middle, which must be seen. */
export function drawCross(context, [x, y], { from = 0, to, ...widths }) {
  context.beginPath();
  if (from > 0) context.arc(x, y, from, 0, 2 * Math.PI);
  for (const [right, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(x + from * right, y + from * down);
    context.lineTo(x + to * right, y + to * down);
  }
  strokeRimmed(context, widths);
}
