// Evaluate an MLP decoder, draw what it says and the map it lives on. Shared by all widgets; plain functions only.

const SIDE = 28;

/** A kernel's bytes (a DataView) as floats; copied, because a view need not start at a multiple of 4. */
export function toFloats(bytes) {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** `decode(z)`: latent -> 784 pixel probabilities, for the layers and weights that Python exported. */
export function makeDecoder(layers, weights) {
  let offset = 0;
  const take = (n) => weights.subarray(offset, (offset += n));
  const steps = layers.map((layer) => {
    if (layer.type === "linear") {
      const w = take(layer.inputs * layer.outputs);
      const b = take(layer.outputs);
      return (x) => linear(x, w, b);
    }
    if (layer.type === "layernorm") {
      const gain = take(layer.size);
      const bias = take(layer.size);
      return (x) => layerNorm(x, gain, bias, layer.eps);
    }
    if (layer.type === "relu") return (x) => x.map((value) => Math.max(value, 0));
    throw new Error(`unknown layer type "${layer.type}"`);
  });
  if (offset !== weights.length) throw new Error(`${weights.length} weights came, the layers hold ${offset}`);
  const size = layers[0].inputs;
  return (z) => {
    if (z.length !== size) throw new Error(`the decoder takes ${size} latent values, got ${z.length}`);
    const logits = steps.reduce((x, step) => step(x), Float32Array.from(z));
    return logits.map((value) => 1 / (1 + Math.exp(-value)));
  };
}

/**
 * What decodes for a view. `addPlace(draw)`, with what `addDigit` returned, gives `show(z, caption)`. The browser shows the
 * digit at once; where Python sent no layers the kernel is asked, and the old digit stays until its answer.
 */
export function connectDecoder(model, el) {
  const layers = model.get("layers");
  if (layers.length === 0) return connectKernel(model, el);
  const decode = makeDecoder(layers, toFloats(model.get("weights")));
  return { size: layers[0].inputs, addPlace: (draw) => (z, caption) => draw(decode(z), caption), stop: () => {} };
}

function linear(x, w, b) {
  const y = Float32Array.from(b);
  for (let i = 0, row = 0; i < x.length; i++, row += y.length) {
    const value = x[i];
    if (value === 0) continue; // after a ReLU about half of them are
    for (let j = 0; j < y.length; j++) y[j] += value * w[row + j];
  }
  return y;
}

function layerNorm(x, gain, bias, eps) {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const scale = 1 / Math.sqrt(variance + eps);
  return x.map((value, i) => (value - mean) * scale * gain[i] + bias[i]);
}

/** The straight line from a to b. */
export function lerp(a, b, t) {
  return a.map((value, i) => (1 - t) * value + t * b[i]);
}

/** The arc from a to b; the straight line where there is no arc. */
export function slerp(a, b, t) {
  const dot = a.reduce((sum, value, i) => sum + value * b[i], 0);
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  const omega = Math.acos(Math.min(1, Math.max(-1, lengths > 0 ? dot / lengths : 1)));
  const sine = Math.sin(omega);
  if (sine < 1e-3) return lerp(a, b, t);
  return a.map((value, i) => (Math.sin((1 - t) * omega) * value + Math.sin(t * omega) * b[i]) / sine);
}

/** A digit with its caption; returns `draw(pixels, caption)`. */
export function addDigit(parent, className) {
  const figure = append(parent, "figure", `vae-digit ${className}`);
  const canvas = append(figure, "canvas", "");
  canvas.width = canvas.height = SIDE;
  canvas.setAttribute("role", "img");
  const text = append(figure, "figcaption", "");
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  return (pixels, caption) => {
    for (let i = 0; i < pixels.length; i++) {
      const grey = 255 * (1 - pixels[i]); // black ink on white paper
      image.data.set([grey, grey, grey, 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
    text.textContent = caption;
    canvas.setAttribute("aria-label", caption);
  };
}

/** Where a latent lies on a square canvas of `size` pixels that shows -limit to limit both ways; up is positive. */
export function toPixel(x, y, size, limit) {
  return [(x / limit + 1) * (size / 2), (1 - y / limit) * (size / 2)];
}

/** The encoded images that Python sent for a map. */
export function readMap(model) {
  const [labels, colors, limit] = ["point_labels", "colors", "limit"].map((name) => model.get(name));
  return { points: toFloats(model.get("points")), labels, colors, limit };
}

/** A new white picture of `size` pixels with the map's points in their classes' colours; `unit` pixels to 1 px of CSS. */
export function paintPoints({ points, labels, colors, limit }, size, unit) {
  const background = new OffscreenCanvas(size, size);
  const paper = background.getContext("2d");
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, size, size);
  paper.globalAlpha = 0.75;
  labels.forEach((label, i) => {
    disc(paper, toPixel(points[2 * i], points[2 * i + 1], size, limit), 2 * unit, colors[label]);
  });
  paper.globalAlpha = 1;
  return background;
}

/** Each class's digit at the median of its points: colours alone would leave some readers out. */
export function nameClasses(paper, { points, labels, limit }, size, unit) {
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  Object.assign(paper, { font: `bold ${13 * unit}px sans-serif`, textAlign: "center", textBaseline: "middle" });
  const names = [...new Set(labels)];
  const medians = names.map((label) => {
    const own = labels.flatMap((value, i) => (value === label ? [i] : []));
    const [x, y] = [0, 1].map((axis) => median(own.map((i) => points[2 * i + axis])));
    return toPixel(x, y, size, limit);
  });
  spread(medians, 16 * unit).forEach((at, k) => {
    disc(paper, at, 8.5 * unit, "#fff");
    paper.fillStyle = "#111";
    paper.fillText(names[k], ...at);
  });
}

/** The places moved apart, by as little as it takes, until any two are about `least` from each other. */
export function spread(places, least) {
  const moved = places.map((place) => [...place]);
  for (let round = 0; round < 20; round++) {
    moved.forEach((a, i) =>
      moved.slice(0, i).forEach((b) => {
        const [dx, dy] = [a[0] - b[0] || 1e-6, a[1] - b[1]];
        const push = Math.max(0, least / Math.hypot(dx, dy) - 1) / 2;
        [a[0], a[1], b[0], b[1]] = [a[0] + push * dx, a[1] + push * dy, b[0] - push * dx, b[1] - push * dy];
      }),
    );
  }
  return moved;
}

export function disc(paper, [x, y], radius, color) {
  paper.fillStyle = color;
  paper.beginPath();
  paper.arc(x, y, radius, 0, 2 * Math.PI);
  paper.fill();
}

export function append(parent, tag, className) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  parent.appendChild(element);
  return element;
}

/**
 * Call `draw` on the next frame after one of `traits` changed, and once now. An error is shown in the widget's
 * own place. Returns what undoes it.
 */
export function drawOnChange(model, el, traits, draw) {
  let waiting = 0;
  let shownError = null;
  const now = () => {
    waiting = 0;
    shownError?.remove();
    shownError = null;
    try {
      draw();
    } catch (error) {
      shownError = showError(el, error);
    }
  };
  const soon = () => {
    waiting ||= requestAnimationFrame(now);
  };
  const events = traits.map((name) => `change:${name}`).join(" ");
  model.on(events, soon);
  now();
  return () => {
    model.off(events, soon);
    cancelAnimationFrame(waiting);
  };
}

export function showError(el, error) {
  const box = el.querySelector(".vae-error") ?? append(el, "div", "vae-error");
  box.setAttribute("role", "alert");
  box.textContent = `This widget stopped: ${error.message}. Run its cell again; if that does not help, restart the kernel.`;
  return box;
}
