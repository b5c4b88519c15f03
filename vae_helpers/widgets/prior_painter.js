// The prior painter: paint a prior, and a small adversarial autoencoder that learns in the page brings its codes there.

import { toFloats } from "./shared/bytes.js";
import { addCurve, makeTrace } from "./shared/curve.js";
import { addDigit } from "./shared/digit.js";
import { addButton, append } from "./shared/dom.js";
import { fixed } from "./shared/numbers.js";
import { addPaintedPlane, cellsOf } from "./shared/painted_plane.js";
import { drawn, erased, shareOnPaint, withPoint, withStroke } from "./shared/painting.js";
import { drawOnChange, makeRender, showError } from "./shared/render.js";
import { saveNowAndThen } from "./shared/saving.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";
import { makeGame } from "./shared/tiny_aae.js";
import { readDigits } from "./shared/tiny_digits.js";

const BATCH = 128;
const BUDGET = 14; // ms of a frame, of 16.7: learning has what codes and pictures took not, but one step at least
const NOW_AND_THEN = 4; // while it learns, D's map is as old as so many frames: it takes as long as a step
const AT_ONCE = 50; // steps at each press, for those who want no moving pictures; the page stands still for so long
export const WEIGHTS = [0, 0.3, 1, 3, 10]; // lambda
const RUBBER = 0.35; // the eraser's radius
const NOTE =
  "Paint while it learns. In this page: a small AAE of 24 numbers a digit (principal components), trained on " +
  "the digits shown; its pictures are blurred: 24 numbers in place of 784 pixels.";

/** The game of one view, which begins anew with `restart()`, and what it has told so far. */
export function makeStudy(digits, spread) {
  let seed = 0;
  const study = {
    restart: () => {
      const game = makeGame(digits.size, ++seed);
      Object.assign(study, { game, steps: 0, error: makeTrace(), loss: makeTrace(), codes: game.encode(digits.numbers) });
    },
    /** Some steps: `more(done)` says whether to go on. Without a painting there is no game: an autoencoder alone. */
    learn: (points, lambda, more) => {
      for (let done = 0; more(done); done++) {
        const real = points.length > 0 ? drawn(points, spread, BATCH) : null;
        const { error, loss } = study.game.step(digits.batch(BATCH), real, lambda);
        study.error.add(error);
        if (real) study.loss.add(loss);
        study.steps++;
      }
      study.codes = study.game.encode(digits.numbers);
    },
  };
  study.restart();
  return study;
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-painter");
  // This view is the stage itself, and anywidget's views don't follow when their DOM classes change later.
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  const [labels, colors, limit, spread] = ["labels", "colors", "limit", "spread"].map((name) => model.get(name));
  const digits = readDigits(model);
  const study = makeStudy(digits, spread);
  const cells = cellsOf(limit);
  const looked = onNextFrame(() => running.isOn() || show());
  onStop(looked.stop);
  const hand = holdPainting(model, looked.soon);
  onStop(hand.stop);

  const left = append(el, "div", "vae-painter-left");
  const plane = addPaintedPlane(left, { labels, colors, limit, spread }, hand);
  const side = append(el, "div", "vae-painter-side");
  const learn = (more) => study.learn(hand.points(), model.get("weight"), more);
  const running = addRunning(side, el, learn, () => show());
  onStop(running.stop);
  addButton(running.row, "restart", "untrained networks, the same painting", () => {
    study.restart();
    show();
  });
  onStop(addFullScreen(running.row, el));
  const showPresets = addPresets(side, model.get("presets"), hand);
  const tools = addTools(side, hand);
  const belief = addTick(tools.row, "D(z): orange a code, blue a draw", () => show());
  const showWeight = addWeight(side, (weight) => hand.set("weight", weight));
  const bottom = append(side, "div", "vae-painter-bottom");
  const showDigit = addDigit(bottom, "vae-large");
  const curves = append(bottom, "div", "vae-painter-curves");
  const drawError = addCurve(curves, "squared error", "#0b5fa5");
  const drawLoss = addCurve(curves, "D\u2019s loss", "#c04a00", { value: Math.LN2, text: "ln 2" });
  const state = append(side, "div", "vae-painter-state");
  append(side, "div", "vae-note").textContent = NOTE;

  let [map, frames] = [null, 0];
  const mapNow = () => {
    if (!belief.checked) map = null;
    else if (map === null || !running.isOn() || ++frames % NOW_AND_THEN === 0) map = study.game.believe(cells);
    return map;
  };
  const show = () => {
    const [points, { game, codes, error, loss, steps }, cross] = [hand.points(), study, hand.cross()];
    plane.draw({ points, codes, belief: mapNow(), cross, rubber: hand.rubber() });
    tools.show();
    showPresets(model.get("prior_name"));
    const place = cross.map((value) => fixed(value)).join(", ");
    showDigit(digits.picture(game.decode(Float32Array.from(cross))), `decoded at\n(${place})`);
    drawError(error.means(), steps > 0 ? error.last().toFixed(1) : "\u2013");
    const judged = loss.last(); // NaN as long as there was no game
    drawLoss(loss.means(), Number.isNaN(judged) ? "\u2013" : judged.toFixed(2));
    showWeight(model.get("weight"));
    const share = Math.round(100 * shareOnPaint(codes, points, 2 * spread));
    state.textContent = `${steps} steps; ${points.length > 0 ? `${share} % of the codes lie on paint` : "nothing is painted"}`;
  };
  onStop(drawOnChange(model, el, ["points", "prior_name", "weight"], () => running.isOn() || show()));
  onStop(onResize(plane.canvas, show));
  onStop(tendStage(el));
}

/** The painting as the page and Python share it, and what a hand does with it; `onLook()` when only the cross moved. */
function holdPainting(model, onLook) {
  const saving = saveNowAndThen(model);
  let [cross, pen, rubber] = [[0, 0], null, false];
  let held = toFloats(model.get("points"));
  let last = model.get("points"); // as it was read: the page sets another one, Python too
  const set = (name, value) => {
    model.set(name, value);
    saving.soon();
  };
  const points = () => {
    if (model.get("points") !== last) [last, held] = [model.get("points"), toFloats(model.get("points"))];
    return held;
  };
  const put = (list, name = "painted") => {
    [held, last] = [list, new DataView(list.buffer.slice(list.byteOffset, list.byteOffset + list.byteLength))];
    set("points", last);
    set("prior_name", name);
  };
  const look = (z) => {
    cross = z;
    onLook();
  };
  /** Another painting altogether: the eraser is put down, else the hand's first stroke would take it away again. */
  const fresh = (list, name) => {
    rubber = false;
    put(list, name);
    onLook(); // also where the painting is the same as before
  };
  const dab = (z) => put(rubber ? erased(points(), z, RUBBER) : withPoint(points(), z));
  return {
    points, fresh, set, look, dab,
    cross: () => cross,
    begin: (z) => {
      pen = z;
      look(z);
      dab(z);
    },
    move: (z) => {
      look(z);
      if (rubber) return dab(z);
      const stroke = withStroke(points(), pen, z);
      if (stroke.end !== pen) put(stroke.points);
      pen = stroke.end;
    },
    end: saving.flush,
    rubber: () => (rubber ? RUBBER : 0), // its radius, while it is in the hand
    setRubber: (on) => {
      rubber = on;
      onLook();
    },
    stop: saving.stop,
  };
}

/** The button that lets it learn, frame by frame; who wants no moving pictures gets some steps at each press. */
function addRunning(parent, el, learn, show) {
  const row = append(parent, "div", "vae-controls");
  const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
  let [waiting, pictures] = [0, 0]; // how long the last codes and pictures took, ms
  const frame = () => {
    waiting = 0;
    let now = performance.now();
    const end = now + BUDGET - pictures;
    try {
      if (isSeen(el)) {
        learn((done) => {
          now = performance.now();
          return done === 0 || now < end;
        });
        show();
        pictures = performance.now() - now;
      }
      waiting = requestAnimationFrame(frame);
    } catch (error) {
      showError(el, error);
    }
    name();
  };
  const stop = () => {
    cancelAnimationFrame(waiting);
    waiting = 0;
  };
  const press = () => {
    if (calm) {
      learn((done) => done < AT_ONCE);
      show();
    } else if (waiting) stop();
    else waiting = requestAnimationFrame(frame);
    name();
  };
  const button = addButton(row, "", "", press);
  button.classList.add("vae-painter-run");
  const name = () => (button.textContent = calm ? `train ${AT_ONCE} steps` : waiting ? "pause" : "train");
  name();
  return { row, stop, isOn: () => waiting !== 0 };
}

/** Whether some of it is in the window: what nobody sees need not learn. On a hidden slide its box is all 0. */
function isSeen(el) {
  const { top, height } = el.getBoundingClientRect();
  return height > 0 && top <= globalThis.innerHeight && top + height >= 0;
}

/** A button for each prior that needs no painting; returns what shows which of them is on the plane, by its name. */
function addPresets(parent, presets, hand) {
  const row = append(parent, "div", "vae-controls");
  append(row, "span", "vae-painter-word").textContent = "prior:";
  const addOne = ({ name, points }) => addButton(row, name, "", () => hand.fresh(toFloats(points), name));
  const buttons = presets.map(addOne);
  return (shown) => buttons.forEach((one) => one.setAttribute("aria-pressed", `${one.textContent === shown}`));
}

/** Eraser and empty plane; `show()` shows whether the eraser is in the hand. */
function addTools(parent, hand) {
  const row = append(parent, "div", "vae-controls");
  append(row, "span", "vae-painter-word").textContent = "paint your own:";
  addButton(row, "clear", "an empty plane", () => hand.fresh(new Float32Array(0)));
  const button = addButton(row, "eraser", "the hand takes paint away", () => {
    hand.setRubber(hand.rubber() === 0);
    show();
  });
  const show = () => button.setAttribute("aria-pressed", `${hand.rubber() > 0}`);
  show();
  return { row, show };
}

/** The slider for lambda; returns what shows another value. */
function addWeight(parent, onWeight) {
  const label = append(parent, "label", "vae-painter-weight");
  append(label, "span", "").textContent = "weight λ of the game";
  const slider = append(label, "input", "vae-fader");
  Object.assign(slider, { type: "range", min: 0, max: WEIGHTS.length - 1, step: 1 });
  slider.setAttribute("aria-label", "weight λ of the game");
  const figure = append(label, "strong", "");
  slider.addEventListener("input", () => onWeight(WEIGHTS[Number(slider.value)]));
  return (weight) => {
    slider.value = `${WEIGHTS.reduce((best, one, k) => (Math.abs(one - weight) < Math.abs(WEIGHTS[best] - weight) ? k : best), 0)}`;
    figure.textContent = weight === 0 ? "0: no game" : `${weight}`;
    slider.setAttribute("aria-valuetext", figure.textContent);
  };
}

function addTick(parent, text, onChange) {
  const label = append(parent, "label", "vae-painter-tick");
  const box = append(label, "input", "");
  box.type = "checkbox";
  label.append(text);
  box.addEventListener("change", onChange);
  return box;
}

/** `soon()`: call `f` on the next frame, once, however often it is asked for. */
function onNextFrame(f) {
  let waiting = 0;
  const now = () => {
    waiting = 0;
    f();
  };
  return { soon: () => (waiting ||= requestAnimationFrame(now)), stop: () => cancelAnimationFrame(waiting) };
}

export default { render: makeRender(setUp) };
