// One digit, decoded from as many traits z0, z1, ... as the decoder has inputs.

function render({ model, el }) {
  el.classList.add("vae-view");
  let stop = () => {};
  try {
    const layers = model.get("layers");
    const decode = makeDecoder(layers, toFloats(model.get("weights")));
    const names = Array.from({ length: layers[0].inputs }, (_, i) => `z${i}`);
    const draw = addDigit(append(el, "div", "vae-digits"), "vae-large");
    stop = drawOnChange(model, el, names, () => {
      const z = names.map((name) => model.get(name));
      draw(decode(z), `the digit decoded at\n|z| = ${Math.hypot(...z).toFixed(2)}`);
    });
  } catch (error) {
    showError(el, error);
  }
  return () => stop();
}

export default { render };
