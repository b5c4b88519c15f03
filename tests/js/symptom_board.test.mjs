import assert from "node:assert/strict";
import { test } from "node:test";

import { assertCleanFailure, assertClose, FakeElement, FakeModel, FakeObserver, freshPages } from "./fakes.mjs";
import * as w from "../../vae_helpers/widgets/symptom_board.js";

const page = freshPages();
const tests = {
  kl: { name: "KL", does: "look at the KL", words: ["at mu", "narrow"] },
  noise: { name: "noise", does: "look at z", words: ["wide"] },
};
const ill = (name, phrase, tests, losses) => ({
  name, phrase, tests, losses,
  symptom: `what ${name} has`,
  symptoms: [`${name} 1`, `${name} 2`],
  numbers: { kl: [`${name} mu`, `${name} narrow`], noise: [`${name} wide`] },
  finding: `All about ${name}.`,
});
const patients = [ill("Ada", "bad KL", ["kl"], [4, 2]), ill("Bo", "no noise", ["noise", "kl"], [8, -2]), ill("Cy", "frozen", ["noise"], [1, 1])];
const shade = (row) => [row, row + 5].flatMap((grey) => Array(8 * 784).fill(grey)); // tells whose it is, and which half
const traits = (more) => ({
  patient: "Ada",
  ordered: {}, guessed: {}, named: {},
  patients,
  healthy: ill("healthy", "", [], [5, 3]),
  tests,
  suspects: ["no noise", "frozen", "bad KL"],
  symptoms: ["loss", "KL"],
  steps: 10,
  pictures: new DataView(Uint8Array.from([0, 50, 100, 150].flatMap(shade)).buffer),
  presenter: false,
  ...more,
});

function render(model = new FakeModel(traits())) {
  const el = new FakeElement("div");
  const stop = w.default.render({ model, el });
  assert.equal(el.querySelector(".vae-error"), null);
  const groups = Object.fromEntries(
    el.all("div").filter(({ attributes }) => attributes.role === "group").map((group) => [group.attributes["aria-label"], group]),
  );
  const button = (label, text) => groups[label].all("button").find(({ textContent }) => textContent === text);
  const click = (label, text) => {
    button(label, text).handlers.click();
    page.frames.next();
  };
  const [symptoms, results] = el.all("table");
  const answer = () => el.all("div").find(({ attributes }) => attributes.role === "status").textContent;
  const score = () => el.querySelector("span").textContent;
  return { el, model, stop, groups, button, click, symptoms, results, answer, score };
}

const rows = (table) => table.all("tr").map((line) => line.children.map(({ textContent }) => textContent));

test("whoever is looked at first shows symptoms beside the healthy model's, and no result", () => {
  const { el, symptoms, results, answer, score } = render();
  assert.deepEqual(rows(symptoms), [["", "Ada", "healthy"], ["loss", "Ada 1", "healthy 1"], ["KL", "Ada 2", "healthy 2"]]);
  assert.deepEqual(rows(results), [[]]);
  assert.match(el.text, /Ada’s owner: “what Ada has”/);
  assert.equal(answer(), "Order tests, then name the bug: one of these.");
  assert.equal(score(), "0 tests. Named: 0 of 3.");
});

test("nothing on the page says what a patient has before it is named", () => {
  const { el, click } = render();
  const texts = () => [el, ...el.all("*")].flatMap((one) => [one.textContent ?? "", one.title ?? "", ...Object.values(one.attributes)]).join("\n");
  click("order a test", "KL");
  click("suspects", "frozen");
  assert.doesNotMatch(texts(), /All about/);
  assert.equal(texts().split("bad KL").length, 2); // on its own button
  click("suspects", "bad KL");
  assert.match(texts(), /All about Ada/);
});

test("a test shows its numbers; the last one ordered is shown, and none is counted twice", () => {
  const { el, model, click, button, results, score } = render();
  click("order a test", "KL");
  assert.deepEqual(rows(results), [["", "Ada", "healthy"], ["at mu", "Ada mu", "healthy mu"], ["narrow", "Ada narrow", "healthy narrow"]]);
  click("order a test", "noise");
  assert.match(el.text, /look at z/);
  assert.doesNotMatch(el.text, /look at the KL/);
  assert.deepEqual(rows(results), [["", "Ada", "healthy"], ["wide", "Ada wide", "healthy wide"]]);
  click("order a test", "KL");
  assert.deepEqual(model.get("ordered"), { Ada: ["noise", "kl"] });
  assert.equal(score(), "2 tests. Named: 0 of 3.");
  const shown = ["KL", "noise"].map((text) => button("order a test", text));
  assert.deepEqual(shown.map(({ attributes }) => attributes["aria-pressed"]), ["true", "false"]);
  assert.ok(shown.every(({ classes, title }) => classes.has("symptom-ordered") && title === "ordered"));
});

test("a wrong guess is struck, and says which tests would show that one", () => {
  const { model, click, button, answer } = render();
  click("order a test", "KL");
  click("suspects", "no noise");
  assert.equal(answer(), "No, not “no noise”. That one is told by “noise” (not ordered) and “KL” (look again).");
  assert.ok(button("suspects", "no noise").classes.has("symptom-struck"));
  assert.equal(button("suspects", "no noise").attributes["aria-disabled"], "true");
  assert.deepEqual(model.get("named"), {});
  click("suspects", "no noise"); // once more: nothing
  assert.deepEqual(model.get("guessed"), { Ada: ["no noise"] });
});

test("the right guess ends it, and counts the tests that it took", () => {
  const { el, model, click, button, answer, score } = render();
  click("order a test", "KL");
  click("suspects", "frozen");
  click("suspects", "bad KL");
  assert.equal(answer(), "Yes: bad KL, named after 1 test and 1 wrong guess. All about Ada.");
  assert.deepEqual(model.get("named"), { Ada: { tests: 1, wrong: 1 } });
  assert.equal(button("suspects", "bad KL").attributes["aria-pressed"], "true");
  assert.ok(!button("suspects", "bad KL").classes.has("symptom-struck"));
  click("suspects", "no noise");
  click("order a test", "noise"); // may be looked at, and costs nothing any more
  assert.deepEqual(model.get("guessed"), { Ada: ["frozen", "bad KL"] });
  assert.equal(score(), "2 tests. Named: 1 of 3, with 1 test and 1 wrong guess.");
  assert.deepEqual(el.all("option").map(({ textContent }) => textContent), ["Ada ✓", "Bo", "Cy"]);
});

test("each patient has its own tests and guesses, and they are kept", () => {
  const { el, model, click, symptoms, answer } = render();
  click("order a test", "KL");
  click("suspects", "frozen");
  const fader = el.querySelector(".vae-fader");
  fader.value = "1";
  fader.handlers.input();
  page.frames.next();
  assert.equal(model.get("patient"), "Bo");
  assert.deepEqual(rows(symptoms)[1], ["loss", "Bo 1", "healthy 1"]);
  assert.equal(fader.attributes["aria-valuetext"], "Bo");
  click("suspects", "no noise");
  assert.match(answer(), /^Yes: no noise, named after 0 tests and 0 wrong guesses\./);
  const select = el.querySelector("select");
  select.value = "Ada";
  select.handlers.change();
  page.frames.next();
  assert.equal(fader.value, 0);
  assert.match(answer(), /^No, not “frozen”/);
  assert.deepEqual(model.get("ordered"), { Ada: ["kl"] });
});

test("everything can be forgotten, but who is looked at", () => {
  const model = new FakeModel(traits({ patient: "Bo" }));
  const { el, click, answer } = render(model);
  click("order a test", "KL");
  click("suspects", "no noise");
  el.all("button").find(({ textContent }) => textContent === "forget all").handlers.click();
  page.frames.next();
  assert.deepEqual(["ordered", "guessed", "named"].map((name) => model.get(name)), [{}, {}, {}]);
  assert.equal(model.get("patient"), "Bo");
  assert.equal(answer(), "Order tests, then name the bug: one of these.");
  assert.ok(model.saves >= 3);
});

test("the strips are the patient's and the healthy model's", () => {
  const { el } = render(new FakeModel(traits({ patient: "Bo" })));
  const strips = el.all("canvas").slice(1);
  const greys = strips.map(({ context }) => context.calls.filter(([name]) => name === "putImageData").map(([, image]) => image.data[0]));
  assert.deepEqual(greys, [155, 255, 150, 250].map((grey) => Array(8).fill(grey))); // ink is dark: 255 - 100, 255 - 0
  assert.deepEqual(strips[0].context.calls.filter(([name]) => name === "putImageData").map(([, , left]) => left), [0, 30, 60, 90, 120, 150, 180, 210]);
  const labels = strips.map(({ attributes }) => attributes["aria-label"]);
  assert.deepEqual(labels, ["eight samples, Bo", "eight samples, healthy model", "eight copies, Bo", "eight copies, healthy model"]);
});

test("both curves share a scale; the healthy one is dashed", () => {
  assert.deepEqual(w.rangeOf([4, 2], [5, 3]), [2, 5]);
  const { el } = render(new FakeModel(traits({ patient: "Bo" })));
  const canvas = el.querySelector(".symptom-curve");
  const { calls } = canvas.context;
  calls.length = 0;
  FakeObserver.resize(canvas);
  assert.equal(canvas.attributes["aria-label"], "training loss by steps: Bo ends at −2, healthy at 3");
  const heights = calls.filter(([name]) => name === "lineTo").slice(2).map(([, , y]) => y);
  const [top, bottom] = calls.filter(([name]) => name === "moveTo").map(([, , y]) => y);
  assertClose(heights, [8, -2, 5, 3].map((value) => bottom - ((value + 2) / 10) * (bottom - top)));
  assert.deepEqual(calls.filter(([name]) => name === "setLineDash").map(([, dash]) => dash), [[], [7, 5], []]);
  const texts = calls.filter(([name]) => name === "fillText").map(([, text]) => text);
  assert.deepEqual(texts, ["8", "−2", "10 steps", "training loss of Bo", "healthy (dashed)"]);
  const ada = render().el.querySelector(".symptom-curve").context.calls; // whose loss never is as high as the healthy one
  assert.deepEqual(ada.filter(([name]) => name === "fillText").slice(0, 2).map(([, text]) => text), ["5", "2"]);
});

test("a level curve is no division by zero", () => {
  const { el } = render(new FakeModel(traits({ patient: "Cy", healthy: { ...ill("healthy", "", [], [1, 1]) } })));
  const { calls } = el.querySelector(".symptom-curve").context;
  assert.ok(calls.filter(([name]) => name === "lineTo").every(([, x, y]) => Number.isFinite(x) && Number.isFinite(y)));
});

test("Python's changes are shown on the next frame, and a view that is gone leaves nothing", () => {
  const { el, model, symptoms, results, stop } = render();
  model.set("patient", "Cy");
  model.set("ordered", { Cy: ["noise"] });
  model.set("presenter", true);
  page.frames.next();
  assert.deepEqual(rows(symptoms)[0], ["", "Cy", "healthy"]);
  assert.deepEqual(rows(results)[1], ["wide", "Cy wide", "healthy wide"]);
  assert.ok(el.classes.has("vae-presenter"));
  stop();
  assert.deepEqual([model.listeners, document.handlers, window.handlers], [[], {}, {}]);
});

test("a set-up that fails halfway leaves its message, and nothing that listens", () => {
  assertCleanFailure(w.default, traits());
});
