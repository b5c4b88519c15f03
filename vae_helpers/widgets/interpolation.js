// The interpolation view: two images, their reconstructions, the digit at t between them, and the way on the map.

const MAP_SIZE = 320;
const SHARP = 2; // canvas pixels per CSS pixel: crisp on a projector and when zoomed

function render({ model, el }) {
  el.classList.add("vae-view");
  let stop = () => {};
  try {
    const decode = makeDecoder(model.get("layers"), toFloats(model.get("weights")));
    if (model.get("title")) {
      append(el, "h4", "vae-title").textContent = model.get("title");
      el.classList.add("vae-compact"); // one of several: they must fit on a screen together
    }
    const digits = append(el, "div", "vae-digits");
    const names = ["", "", "vae-large", "", ""];
    const [startImage, startDecoded, current, endDecoded, endImage] = names.map((name) => addDigit(digits, name));
    const drawMap = model.get("points").byteLength > 0 ? addMap(model, el) : () => {};

    const drawEnds = () => {
      const [start, end] = [model.get("start"), model.get("end")];
      startImage(toFloats(model.get("start_image")), `image: a ${model.get("start_label")}`);
      startDecoded(decode(start), `decoded at t = 0\nfrom ${model.get("code_name")}`);
      endDecoded(decode(end), `decoded at t = 1\nfrom ${model.get("code_name")}`);
      endImage(toFloats(model.get("end_image")), `image: a ${model.get("end_label")}`);
    };
    const drawCurrent = () => {
      const z = position(model, model.get("t"));
      const shown = z.length > 3 ? `|z| = ${Math.hypot(...z).toFixed(2)}` : `z = (${z.map((v) => v.toFixed(2)).join(", ")})`;
      current(decode(z), `t = ${model.get("t").toFixed(2)}\n${shown}`);
      drawMap();
    };
    const ends = ["start", "end", "start_image", "end_image", "start_label", "end_label"];
    const undo = [
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
  const points = toFloats(model.get("points"));
  const [labels, colors, limit] = [model.get("point_labels"), model.get("colors"), model.get("limit")];
  const place = (x, y) => [(x / limit + 1) * (canvas.width / 2), (1 - y / limit) * (canvas.height / 2)];
  const dot = (target, [x, y], radius, color) => {
    target.fillStyle = color;
    target.beginPath();
    target.arc(x, y, radius, 0, 2 * Math.PI);
    target.fill();
  };

  const background = new OffscreenCanvas(canvas.width, canvas.height);
  const paper = background.getContext("2d");
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.globalAlpha = 0.75;
  for (let i = 0; i < labels.length; i++) dot(paper, place(points[2 * i], points[2 * i + 1]), 4, colors[labels[i]]);
  nameClasses(paper, points, labels, place, dot);

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
    dot(context, place(...z), 15, "#fff");
    dot(context, place(...z), 11, "#111");
    const where = z.map((value) => value.toFixed(2)).join(", ");
    canvas.setAttribute("aria-label", `latent map; the moving point is at (${where})`);
  };
}

/** Each class's digit at the median of its points: colours alone would leave some readers out. */
function nameClasses(paper, points, labels, place, dot) {
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  Object.assign(paper, { globalAlpha: 1, font: "bold 26px sans-serif", textAlign: "center", textBaseline: "middle" });
  for (const label of new Set(labels)) {
    const own = labels.flatMap((value, i) => (value === label ? [i] : []));
    const at = place(median(own.map((i) => points[2 * i])), median(own.map((i) => points[2 * i + 1])));
    dot(paper, at, 17, "#fff");
    paper.fillStyle = "#111";
    paper.fillText(label, ...at);
  }
}

export default { render };
