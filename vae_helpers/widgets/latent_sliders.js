// One digit, decoded from as many traits z0, z1, ... as the decoder has inputs.

function render({ model, el }) {
  el.classList.add("vae-view");
  let stop = () => {};
  try {
    const decoder = connectDecoder(model, el);
    const names = Array.from({ length: decoder.size }, (_, i) => `z${i}`);
    const show = decoder.addPlace(addDigit(append(el, "div", "vae-digits"), "vae-large"));
    const undo = drawOnChange(model, el, names, () => {
      const z = names.map((name) => model.get(name));
      show(z, `the digit decoded at\n|z| = ${Math.hypot(...z).toFixed(2)}`);
    });
    stop = () => [undo, decoder.stop].forEach((f) => f());
  } catch (error) {
    showError(el, error);
  }
  return () => stop();
}

export default { render };
