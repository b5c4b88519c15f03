// Evaluate an MLP decoder and draw what it says. Shared by all widgets; plain functions, no dependencies.

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
