// The interpolation view: two images, their reconstructions, the digit at t between them, and the way on the map.

const MAP_SIZE = 320;
const SHARP = 2; // canvas pixels per CSS pixel: crisp on a projector and when zoomed

function render({ model, el }) {
  el.classList.add("vae-view");
  let stop = () => {};
  try {
    const decoder = connectDecoder(model, el);
    if (model.get("title")) {
      append(el, "h4", "vae-title").textContent = model.get("title");
      el.classList.add("vae-compact"); // one of several: they must fit on a screen together
    }
    const digits = append(el, "div", "vae-digits");
    const names = ["", "", "vae-large", "", ""];
    const draws = names.map((name) => addDigit(digits, name));
    const [startImage, endImage] = [draws[0], draws[4]];
    const [startDecoded, current, endDecoded] = draws.slice(1, 4).map(decoder.addPlace);
    const drawMap = model.get("points").byteLength > 0 ? addMap(model, el) : () => {};

    const drawEnds = () => {
      const [start, end] = [model.get("start"), model.get("end")];
      startImage(toFloats(model.get("start_image")), `image: a ${model.get("start_label")}`);
      startDecoded(start, `decoded at t = 0\nfrom ${model.get("code_name")}`);
      endDecoded(end, `decoded at t = 1\nfrom ${model.get("code_name")}`);
      endImage(toFloats(model.get("end_image")), `image: a ${model.get("end_label")}`);
    };
    const drawCurrent = () => {
      const z = position(model, model.get("t"));
      const shown = z.length > 3 ? `|z| = ${Math.hypot(...z).toFixed(2)}` : `z = (${z.map((v) => v.toFixed(2)).join(", ")})`;
      current(z, `t = ${model.get("t").toFixed(2)}\n${shown}`);
      drawMap();
    };
    const ends = ["start", "end", "start_image", "end_image", "start_label", "end_label"];
    const undo = [
      decoder.stop,
      drawOnChange(model, el, ends, drawEnds),
      drawOnChange(model, el, ["t", "arc", "start", "end"], drawCurrent),
    ];
    // The play button counts frames; each moves t by 0.01, there and back, from wherever the hand has left it.
    let phase = 0;
    const there = () => (phase <= 100 ? phase : 200 - phase) / 100;
    const play = () => {
      if (model.get("frame") === 0) return; // stopped, or begun again
      if (Math.abs(there() - model.get("t")) > 0.005) phase = Math.round(100 * model.get("t"));
      phase = (phase + 1) % 200;
      model.set("t", there());
      model.save_changes();
    };
    model.on("change:frame", play);
    stop = () => {
      undo.forEach((f) => f());
      model.off("change:frame", play);
    };
  } catch (error) {
    showError(el, error);
  }
  return () => stop();
}

function position(model, t) {
  return (model.get("arc") ? slerp : lerp)(model.get("start"), model.get("end"), t);
}

/** The class-coloured map, drawn once; returns what draws the path and the moving point over it. */
function addMap(model, el) {
  const canvas = append(el, "canvas", "vae-map");
  canvas.width = canvas.height = MAP_SIZE * SHARP;
  canvas.setAttribute("role", "img");
  const context = canvas.getContext("2d");
  const map = readMap(model);
  const background = paintPoints(map, canvas.width, SHARP);
  nameClasses(background.getContext("2d"), map, canvas.width, SHARP);
  const place = (x, y) => toPixel(x, y, canvas.width, map.limit);

  return () => {
    const t = model.get("t");
    context.drawImage(background, 0, 0);
    const path = Array.from({ length: 51 }, (_, k) => place(...position(model, k / 50)));
    for (const [color, width] of [["#fff", 12], ["#111", 5]]) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      path.forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
      context.stroke();
    }
    const z = position(model, t);
    disc(context, place(...z), 15, "#fff");
    disc(context, place(...z), 11, "#111");
    const where = z.map((value) => value.toFixed(2)).join(", ");
    canvas.setAttribute("aria-label", `latent map; the moving point is at (${where})`);
  };
}

export default { render };
