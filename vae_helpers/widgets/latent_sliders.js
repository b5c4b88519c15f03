// One digit, decoded from as many traits z0, z1, ... as the decoder has inputs.

function render({ model, el }) {
  el.classList.add("vae-view", "vae-sliders");
  const undo = [];
  try {
    const decoder = connectDecoder(model, el);
    const names = Array.from({ length: decoder.size }, (_, i) => `z${i}`);
    const show = decoder.addPlace(addDigit(append(el, "div", "vae-digits"), "vae-large"));
    const draw = () => {
      const z = names.map((name) => model.get(name));
      show(z, `the digit decoded at\n|z| = ${Math.hypot(...z).toFixed(2)}`);
    };
    undo.push(drawOnChange(model, el, names, draw), decoder.stop);
    const set = (values) => {
      names.forEach((name, i) => model.set(name, values[i])); // the sliders are linked to these, and follow
      model.save_changes();
    };
    const limit = model.get("limit");
    const prior = () => Array.from(normalDraws(names.length), (value) => Math.min(Math.max(value, -limit), limit));
    const controls = append(el, "div", "vae-controls");
    addButton(controls, "to the origin", "set every latent dimension to 0", () => set(names.map(() => 0)));
    addButton(controls, "sample the prior", "draw every latent dimension from N(0, 1)", () => set(prior()));
    append(el, "div", "vae-note").textContent = model.get("note");
    undo.push(addFullScreen(controls, el), tendStage(el));
  } catch (error) {
    showError(el, error);
  }
  return () => undo.forEach((f) => f());
}

export default { render };
