// One digit, decoded from as many traits z0, z1, ... as the decoder has inputs.

import { connectDecoder } from "./shared/decoder.js";
import { addDigit } from "./shared/digit.js";
import { addButton, append } from "./shared/dom.js";
import { clamp, normalDraws } from "./shared/numbers.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { addFullScreen, tendStage } from "./shared/stage.js";

function setUp({ model, el, onStop }) {
  el.classList.add("vae-sliders");
  const decoder = connectDecoder(model, el);
  onStop(decoder.stop);
  const names = Array.from({ length: decoder.size }, (_, i) => `z${i}`);
  const show = decoder.addPlace(addDigit(append(el, "div", "vae-digits"), "vae-large"));
  const draw = () => {
    const z = names.map((name) => model.get(name));
    show(z, `the digit decoded at\n|z| = ${Math.hypot(...z).toFixed(2)}`);
  };
  onStop(drawOnChange(model, el, names, draw));
  const set = (values) => {
    names.forEach((name, i) => model.set(name, values[i])); // the sliders are linked to these, and follow
    model.save_changes();
  };
  const limit = model.get("limit");
  const prior = () => Array.from(normalDraws(names.length), (value) => clamp(value, limit));
  const controls = append(el, "div", "vae-controls");
  addButton(controls, "to the origin", "set every latent dimension to 0", () => set(names.map(() => 0)));
  addButton(controls, "sample the prior", "draw every latent dimension from N(0, 1)", () => set(prior()));
  append(el, "div", "vae-note").textContent = model.get("note");
  onStop(addFullScreen(controls, el));
  onStop(tendStage(el));
}

export default { render: makeRender(setUp) };
