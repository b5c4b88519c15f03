// The symptom board: a patient's symptoms beside the healthy model's, tests to order, and suspects to name.

import { fitCanvas, strokeLine, write } from "./shared/canvas.js";
import { inksOf, paintInk, SIDE } from "./shared/digit.js";
import { addButton, append } from "./shared/dom.js";
import { drawOnChange, makeRender } from "./shared/render.js";
import { addFullScreen, onResize, tendStage } from "./shared/stage.js";

const [OWN, HEALTHY] = ["#a33e00", "#0b5fa5"]; // as in plots.symptom_board
const [EACH, GAP] = [8, 2]; // samples, and pixels between them
const TEXT = 12; // height of the curve's text, in the units that it is drawn in

/** What the board says to the last guess: after a wrong one, which tests would show that suspect. */
export function answerTo(patient, guesses, named, tests, ordered, patients) {
  if (named) {
    const after = `${count(named.tests, "test")} and ${count(named.wrong, "wrong guess", "wrong guesses")}`;
    return `Yes: ${patient.phrase}, named after ${after}. ${patient.finding}`;
  }
  const last = guesses.at(-1);
  if (last === undefined) return "Order tests, then name the bug: one of these.";
  const suspect = patients.find(({ phrase }) => phrase === last);
  const shown = suspect.tests.map((key) => `“${tests[key].name}” (${ordered.includes(key) ? "look again" : "not ordered"})`);
  return `No, not “${last}”. That one is told by ${shown.join(" and ")}.`;
}

/** "1 test", "2 tests". */
export function count(number, one, more = `${one}s`) {
  return `${number} ${number === 1 ? one : more}`;
}

/** The tests of this patient, and what it took to name others. */
export function scoreOf(ordered, all, most) {
  const total = (part) => all.reduce((sum, one) => sum + one[part], 0);
  const took = all.length ? `, with ${count(total("tests"), "test")} and ${count(total("wrong"), "wrong guess", "wrong guesses")}` : "";
  return `${count(ordered.length, "test")}. Named: ${all.length} of ${most}${took}.`;
}

/** Least and largest value of both curves: the scale that they share. */
export function rangeOf(...curves) {
  const all = curves.flat();
  return [Math.min(...all), Math.max(...all)];
}

/** The list with `one` as its last. */
export function moved(list, one) {
  return [...list.filter((other) => other !== one), one];
}

function setUp({ model, el, onStop }) {
  el.classList.add("vae-symptoms");
  const [patients, healthy, tests, inks] = [model.get("patients"), model.get("healthy"), model.get("tests"), inksOf(model.get("pictures"))];
  const of = (trait, name, none) => model.get(trait)[name] ?? none;
  const save = (changes) => {
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    model.save_changes();
  };
  const put = (trait, value) => ({ [trait]: { ...model.get(trait), [model.get("patient")]: value } });
  const order = (key) => save(put("ordered", moved(of("ordered", model.get("patient"), []), key)));
  const guess = (phrase) => {
    const name = model.get("patient");
    const guesses = of("guessed", name, []);
    if (of("named", name) || guesses.includes(phrase)) return;
    const isRight = patients.find((one) => one.name === name).phrase === phrase;
    const named = isRight && put("named", { tests: of("ordered", name, []).length, wrong: guesses.length });
    save({ ...put("guessed", [...guesses, phrase]), ...named });
  };

  const head = append(el, "div", "vae-controls");
  const showNames = addNames(head, patients, (name) => save({ patient: name }));
  const score = append(head, "span", "");
  addButton(head, "forget all", "all tests and guesses", () => save({ ordered: {}, guessed: {}, named: {} }));
  onStop(addFullScreen(head, el));
  const says = append(el, "div", "symptom-says");
  const main = append(el, "div", "symptom-main");
  const left = append(main, "div", "");
  const curve = addPicture(left, "symptom-curve");
  const showSymptoms = addTable(left, "symptoms, on test images");
  const showStrips = addStrips(append(main, "div", "symptom-strips"), inks);
  const right = append(main, "div", "");
  const does = append(right, "div", "");
  const showResults = addTable(right, "results of the test");
  const showTests = addChoice(el, "order a test", Object.entries(tests).map(([key, { name }]) => [key, name]), order);
  const answer = append(el, "div", "symptom-says");
  answer.setAttribute("role", "status");
  const phrases = model.get("suspects").map((phrase) => [phrase, phrase]);
  const showSuspects = addChoice(el, "suspects", phrases, guess, "symptom-suspects");

  const draw = () => {
    const name = model.get("patient");
    const k = patients.findIndex((one) => one.name === name);
    const [patient, ordered, guesses, named] = [patients[k], of("ordered", name, []), of("guessed", name, []), of("named", name)];
    const key = ordered.at(-1);
    showNames(k, (one) => (of("named", one) ? `${one} ✓` : one));
    score.textContent = scoreOf(ordered, Object.values(model.get("named")), patients.length);
    says.textContent = `${name}’s owner: “${patient.symptom}”`;
    drawCurve(curve, name, patient.losses, healthy.losses, model.get("steps"));
    showSymptoms(["", name, "healthy"], model.get("symptoms").map((words, i) => [words, patient.symptoms[i], healthy.symptoms[i]]));
    showStrips(k + 1, name);
    showTests((one) => ({ pressed: one === key, was: ordered.includes(one) ? "ordered" : "" }));
    const rows = key ? tests[key].words.map((words, i) => [words, patient.numbers[key][i], healthy.numbers[key][i]]) : [];
    does.textContent = key ? tests[key].does : "";
    showResults(key ? ["", name, "healthy"] : [], rows);
    showSuspects((one) => {
      const isRight = Boolean(named) && one === patient.phrase;
      return { pressed: isRight, was: guesses.includes(one) && !isRight ? "struck" : "", off: Boolean(named) };
    });
    answer.textContent = answerTo(patient, guesses, named, tests, ordered, patients);
  };
  onStop(drawOnChange(model, el, ["patient", "ordered", "guessed", "named"], draw));
  onStop(drawOnChange(model, el, ["presenter"], () => el.classList.toggle("vae-presenter", model.get("presenter"))));
  onStop(onResize(curve, draw));
  onStop(tendStage(el));
}

/** All patients by name, and a fader that goes through them; returns what shows the k-th, and the texts of all. */
function addNames(parent, patients, onName) {
  const select = append(parent, "select", "");
  select.setAttribute("aria-label", "patient");
  select.addEventListener("change", () => onName(select.value));
  const options = patients.map(({ name }) => Object.assign(append(select, "option", ""), { value: name }));
  const fader = Object.assign(append(parent, "input", "vae-fader"), { type: "range", min: 0, max: patients.length - 1, step: 1 });
  fader.setAttribute("aria-label", "patient");
  fader.addEventListener("input", () => onName(patients[fader.value].name));
  return (k, textOf) => {
    options.forEach((option, i) => (option.textContent = textOf(patients[i].name)));
    select.value = patients[k].name;
    fader.value = k;
    fader.setAttribute("aria-valuetext", textOf(patients[k].name));
  };
}

/** A group of buttons, [key, text] each; returns what shows for each key whether it is pressed, what it was, and whether it is off. */
function addChoice(parent, label, entries, onChoice, className = "") {
  const group = append(parent, "div", `vae-controls ${className}`);
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label);
  const buttons = entries.map(([key, text]) => [key, addButton(group, text, "", () => onChoice(key))]);
  return (stateOf) => {
    for (const [key, button] of buttons) {
      const { pressed, was, off = false } = stateOf(key);
      button.title = was;
      button.setAttribute("aria-pressed", `${pressed}`);
      button.setAttribute("aria-disabled", `${off || was === "struck"}`); // unlike `disabled`, it leaves the focus there
      for (const one of ["ordered", "struck"]) button.classList.toggle(`symptom-${one}`, was === one);
    }
  };
}

/** A table of words and two numbers; returns `show(head, rows)`. */
function addTable(parent, label) {
  const table = append(parent, "table", "");
  if (label) table.setAttribute("aria-label", label);
  let lines = [];
  return (head, rows) => {
    lines.forEach((line) => line.remove());
    lines = [head, ...rows].map((cells, k) => {
      const line = append(table, "tr", "");
      cells.forEach((text, i) => (append(line, k === 0 || i === 0 ? "th" : "td", "").textContent = text));
      return line;
    });
  };
}

function addPicture(parent, className) {
  const canvas = append(parent, "canvas", className);
  canvas.setAttribute("role", "img");
  return canvas;
}

/** Samples and copies of a patient, and the healthy model's below them; returns `show(row, name)`. */
function addStrips(parent, inks) {
  const paint = (canvas, row, part) => {
    for (let i = 0; i < EACH; i++) paintInk(canvas.getContext("2d"), inks[EACH * (2 * row + part) + i], i * (SIDE + GAP));
  };
  const strips = ["samples", "copies"].flatMap((kind, part) =>
    [true, false].map((isPatient) => {
      const text = append(parent, "div", "");
      const canvas = addPicture(parent, "");
      Object.assign(canvas, { width: EACH * (SIDE + GAP) - GAP, height: SIDE });
      return (row, name) => {
        text.textContent = isPatient ? `${kind} of ${name}` : `${kind}, healthy`;
        canvas.setAttribute("aria-label", `eight ${kind}, ${isPatient ? name : "healthy model"}`);
        paint(canvas, isPatient ? row : 0, part);
      };
    }),
  );
  return (row, name) => strips.forEach((show) => show(row, name));
}

/** The training loss by steps, and dashed the healthy model's, on one scale. */
function drawCurve(canvas, name, losses, healthy, steps) {
  const [low, high] = rangeOf(losses, healthy);
  const figure = (value) => value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 0 }).replace("-", "−");
  const words = `training loss by steps: ${name} ends at ${figure(losses.at(-1))}, healthy at ${figure(healthy.at(-1))}`;
  canvas.setAttribute("aria-label", words);
  const size = fitCanvas(canvas, TEXT);
  if (!size) return; // not on the page yet
  const context = canvas.getContext("2d");
  const [top, bottom] = [18, size.height - 18];
  const at = (values, i) => [8 + (i / Math.max(values.length - 1, 1)) * (size.width - 16), bottom - ((values[i] - low) / (high - low || 1)) * (bottom - top)];
  Object.assign(context, { fillStyle: "#fff", lineJoin: "round" });
  context.fillRect(0, 0, size.width, size.height);
  Object.assign(context, { strokeStyle: "#999", lineWidth: 1 });
  for (const y of [top, bottom]) strokeLine(context, [0, y], [size.width, y]);
  for (const [values, color, dash] of [[losses, OWN, []], [healthy, HEALTHY, [7, 5]]]) {
    Object.assign(context, { strokeStyle: color, lineWidth: 2.5 });
    context.setLineDash(dash);
    context.beginPath();
    values.forEach((_, i) => context.lineTo(...at(values, i)));
    context.stroke();
  }
  context.setLineDash([]);
  const style = { rim: 3, font: `${TEXT}px sans-serif`, textBaseline: "middle", fillStyle: "#111", textAlign: "left" };
  write(context, figure(high), [4, 9], style);
  write(context, figure(low), [4, size.height - 9], style);
  write(context, `${steps} steps`, [size.width - 4, size.height - 9], { ...style, textAlign: "right" });
  write(context, `training loss of ${name}`, [size.width - 4, 9], { ...style, textAlign: "right", fillStyle: OWN });
  write(context, "healthy (dashed)", [size.width - 4, top + 9], { ...style, textAlign: "right", fillStyle: HEALTHY });
}

export default { render: makeRender(setUp) };
