// What a view asks the kernel for, and when it shows the answer: kernel_decoder.js.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { FakeElement } from "../fakes.mjs";
import { connectDecoder } from "../../../vae_helpers/widgets/shared/decoder.js";
import { afterAnswer, afterRequest, afterTimeout, connectKernel, EMPTY_QUEUE, ENCODE } from "../../../vae_helpers/widgets/shared/kernel_decoder.js";

/** A model whose kernel answers when the test says so. */
class FakeModel {
  sent = [];
  listeners = [];

  constructor(traits) {
    this.traits = traits;
  }

  get(name) {
    return this.traits[name];
  }

  on(event, f) {
    assert.equal(event, "msg:custom");
    this.listeners.push(f);
  }

  off(event, f) {
    this.listeners = this.listeners.filter((one) => one !== f);
  }

  send(message) {
    this.sent.push(message);
  }

  receive(message, buffers) {
    this.listeners.forEach((f) => f(message, buffers));
  }

  /** A good answer: one pixel, that holds the latent's first value. */
  answer(message = this.sent.at(-1)) {
    const pixels = Float32Array.of(message.latents[0][0]);
    this.receive({ kind: "decoded", id: message.id }, [new DataView(pixels.buffer)]);
  }

  fail(error, message = this.sent.at(-1)) {
    this.receive({ kind: "decoded", id: message.id, error }, []);
  }

  get asked() {
    return this.sent.map(({ latents }) => latents[0][0]);
  }
}

let model, el, drawn;

/** A view with one place; what it draws goes to `drawn`. */
function connect(at = el) {
  const decoder = connectDecoder(model, at);
  const show = decoder.addPlace((pixels, caption) => drawn.push([pixels[0], caption]));
  return { ...decoder, show: (x) => show([x, 0], `at ${x}`) };
}

globalThis.document = { createElement: () => new FakeElement() };
mock.timers.enable({ apis: ["setTimeout"] });
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  [model, el, drawn] = [new FakeModel({ layers: [], latent_dim: 2 }), new FakeElement(), []];
});

test("the queue: one asked for, the newest waits, and no state is changed in place", () => {
  const first = afterRequest(EMPTY_QUEUE, "a");
  assert.deepEqual(first, { count: 1, asked: { number: 1, request: "a", late: false }, waiting: null });
  const third = afterRequest(afterRequest(first, "b"), "c");
  assert.deepEqual(third, { ...first, waiting: "c" });
  const next = afterAnswer(third);
  assert.deepEqual(next, { count: 2, asked: { number: 2, request: "c", late: false }, waiting: null });
  assert.deepEqual(afterAnswer(next), { count: 2, asked: null, waiting: null });
  assert.deepEqual(first.waiting, null);
  assert.deepEqual(EMPTY_QUEUE, { count: 0, asked: null, waiting: null });
});

test("the queue: what came too late gives way to the newest, at once or when there is one", () => {
  const late = afterTimeout(afterRequest(EMPTY_QUEUE, "a"));
  assert.deepEqual(late, { count: 1, asked: { number: 1, request: "a", late: true }, waiting: null });
  assert.deepEqual(afterRequest(late, "b").asked, { number: 2, request: "b", late: false });
  const waited = afterTimeout(afterRequest(afterRequest(EMPTY_QUEUE, "a"), "b"));
  assert.deepEqual(waited, { count: 2, asked: { number: 2, request: "b", late: false }, waiting: null });
});

test("whatever the order of requests and answers, one is on its way at most and the last is asked for in the end", () => {
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let run = 0; run < 50; run++) {
    let [queue, last] = [EMPTY_QUEUE, null];
    const asked = [];
    const move = (next) => {
      if (next.asked && next.asked.number !== queue.asked?.number) asked.push(next.asked.request);
      queue = next;
    };
    for (let k = 0; k < 40; k++) {
      if (random() < 0.6) move(afterRequest(queue, (last = k)));
      else if (queue.asked) move(afterAnswer(queue));
    }
    while (queue.asked) move(afterAnswer(queue));
    assert.equal(asked.at(-1), last);
    assert.deepEqual(asked, [...asked].sort((a, b) => a - b));
  }
});

test("pixels and caption change together, with the answer and not before", () => {
  const view = connect();
  assert.equal(view.size, 2);
  view.show(1);
  assert.deepEqual(model.sent.map(({ kind, latents }) => [kind, latents]), [["decode", [[1, 0]]]]);
  assert.deepEqual(drawn, []);
  model.answer();
  assert.deepEqual(drawn, [[1, "at 1"]]);
});

test("60 latents during one answer: the first and the last are asked for", () => {
  const view = connect();
  for (let x = 1; x <= 60; x++) view.show(x);
  assert.deepEqual(model.asked, [1]);
  model.answer();
  assert.deepEqual(model.asked, [1, 60]);
  model.answer();
  assert.deepEqual(drawn, [[1, "at 1"], [60, "at 60"]]);
  assert.equal(model.sent.length, 2);
});

test("places and views have ids of their own, though every answer goes to all", () => {
  const [one, other] = [connect(), connect(new FakeElement())];
  one.show(1);
  other.show(2);
  assert.equal(new Set(model.sent.map(({ id }) => id)).size, 2);
  model.answer(model.sent[1]);
  assert.deepEqual(drawn, [[2, "at 2"]]);
  model.answer(model.sent[1]); // a second time: nobody waits for it
  model.answer(model.sent[0]);
  assert.deepEqual(drawn, [[2, "at 2"], [1, "at 1"]]);
  model.receive({ kind: "another" }, []);
  model.receive(null, []);
  assert.equal(drawn.length, 2);
});

test("an error is shown and the digit stays; the next good answer removes it", () => {
  const view = connect();
  view.show(1);
  model.answer();
  view.show(2);
  view.show(3);
  model.fail("RuntimeError: boom");
  assert.match(el.text, /RuntimeError: boom/);
  assert.deepEqual(drawn, [[1, "at 1"]]);
  model.answer();
  assert.equal(el.text, "");
  assert.deepEqual(drawn.at(-1), [3, "at 3"]);
});

test("a good answer elsewhere in the view does not hide a place's error", () => {
  const decoder = connectDecoder(model, el);
  const [one, other] = [decoder.addPlace(() => {}), decoder.addPlace(() => {})];
  one([1], "");
  other([2], "");
  model.fail("ValueError: no", model.sent[0]);
  model.answer(model.sent[1]);
  assert.match(el.text, /ValueError: no/);
  one([1], "");
  model.answer();
  assert.equal(el.text, "");
});

test("no answer for 3 s: a note, until one comes", () => {
  const view = connect();
  view.show(1);
  mock.timers.tick(2900);
  assert.equal(el.text, "");
  mock.timers.tick(200);
  assert.match(el.text, /kernel evaluates this network, and no kernel answers/);
  mock.timers.tick(60_000);
  assert.equal(model.sent.length, 1);
  model.answer();
  assert.equal(el.text, "");
  assert.deepEqual(drawn, [[1, "at 1"]]);
  mock.timers.tick(10_000);
  assert.equal(el.text, "");
});

test("a lost answer blocks nothing: the newest is asked for, at most once in 3 s", () => {
  const view = connect();
  for (let x = 1; x <= 10; x++) view.show(x);
  mock.timers.tick(3001);
  assert.deepEqual(model.asked, [1, 10]);
  for (let x = 11; x <= 20; x++) view.show(x);
  assert.deepEqual(model.asked, [1, 10]);
  model.answer(model.sent[0]); // so late that nobody wants it
  assert.deepEqual(drawn, []);
  model.answer(model.sent[1]);
  assert.deepEqual(model.asked, [1, 10, 20]);
  model.answer();
  assert.deepEqual(drawn, [[10, "at 10"], [20, "at 20"]]);
});

test("a model that can't send, because its kernel is dead, gets the note too and no exception", () => {
  model.send = () => {
    throw new Error("Kernel is dead");
  };
  const view = connect();
  view.show(1);
  view.show(2);
  mock.timers.tick(3001);
  assert.match(el.text, /no kernel answers/);
});

test("a view that is gone neither draws nor complains", () => {
  const view = connect();
  view.show(1);
  view.stop();
  mock.timers.tick(10_000);
  model.answer();
  assert.equal(el.text, "");
  assert.deepEqual(drawn, []);
  assert.equal(model.listeners.length, 0);
});

test("a decoder that the browser has is evaluated at once, and nobody is asked", () => {
  const weights = new DataView(Float32Array.of(2, 0).buffer);
  model = new FakeModel({ layers: [{ type: "linear", inputs: 1, outputs: 1 }], weights });
  const decoder = connectDecoder(model, el);
  const show = decoder.addPlace((pixels, caption) => drawn.push([pixels[0], caption]));
  show([0], "at 0");
  assert.deepEqual(drawn, [[0.5, "at 0"]]);
  assert.deepEqual([decoder.size, model.sent.length, model.listeners.length], [1, 0, 0]);
});

test("an encoder is asked with its image and what goes with each message, and takes no decoder's answer", () => {
  const encoder = connectKernel(model, el, ENCODE, { coder: 2 });
  const show = encoder.addPlace((code, caption) => drawn.push([[...code], caption]));
  show(Float32Array.of(0.5, 1), "an image");
  const [{ id, ...message }] = model.sent;
  assert.deepEqual(message, { kind: "encode", images: [[0.5, 1]], coder: 2 }); // a plain list: JSON has no other
  const code = [new DataView(Float32Array.of(1, -2).buffer)];
  model.receive({ kind: "decoded", id }, code);
  assert.deepEqual(drawn, []);
  model.receive({ kind: "encoded", id }, code);
  assert.deepEqual(drawn, [[[1, -2], "an image"]]);
});

test("two that ask through one model take only their own answers", () => {
  const shows = [0, 1].map((k) => connectKernel(model, el, ENCODE, { coder: k }).addPlace((code) => drawn.push([k, code[0]])));
  shows.forEach((show) => show([1], ""));
  const [first, second] = model.sent.map(({ id }) => id);
  assert.notEqual(first, second);
  model.receive({ kind: "encoded", id: second }, [new DataView(Float32Array.of(7).buffer)]);
  assert.deepEqual(drawn, [[1, 7]]);
});
