// Ask the kernel for the digits and codes that the browser can't compute itself.

import { toFloats } from "./bytes.js";
import { append } from "./dom.js";
import { showError } from "./render.js";

const PATIENCE = 3000; // ms
const NO_ANSWER =
  "The kernel evaluates this network, and no kernel answers. If it is busy, wait; else run this cell again.";

/**
 * What one place on screen has asked the kernel for and not got yet: `asked` is on its way, with its number and whether
 * it is late; `waiting` is the newest of the requests made since. A request is { x, caption }.
 */
export const EMPTY_QUEUE = Object.freeze({ count: 0, asked: null, waiting: null });

/** The queue after a new request: asked for at once if no other is on its way, else the only one that waits. */
export function afterRequest(queue, request) {
  if (queue.asked && !queue.asked.late) return { ...queue, waiting: request };
  const count = queue.count + 1;
  return { count, asked: { number: count, request, late: false }, waiting: null };
}

/** The queue after the answer: what waits is asked for. */
export function afterAnswer(queue) {
  const idle = { ...queue, asked: null, waiting: null };
  return queue.waiting ? afterRequest(idle, queue.waiting) : idle;
}

/** After too long without an answer: a lost one must not block the next, but nothing is asked for twice. */
export function afterTimeout(queue) {
  return queue.waiting ? afterAnswer(queue) : { ...queue, asked: { ...queue.asked, late: true } };
}

/** What is asked for: the message's kind, that of the answer, and what the argument is called. */
export const DECODE = { kind: "decode", answer: "decoded", argument: "latents" };
export const ENCODE = { kind: "encode", answer: "encoded", argument: "images" };

/** As `connectDecoder`, for a network that only the kernel has; `more` goes with each message. */
export function connectKernel(model, el, what = DECODE, more = {}) {
  const view = Math.random().toString(36).slice(2); // an answer goes to all views of the model
  const complain = addComplaints(el);
  const places = [];
  const receive = (message, buffers) => places.forEach((place) => place.receive(message, buffers));
  model.on("msg:custom", receive);
  const addPlace = (draw) => {
    const id = `${view}-${places.length}`;
    const send = (message) => model.send({ ...message, ...more });
    const place = makePlace(what, id, send, draw, (trouble) => complain(id, trouble));
    places.push(place);
    return place.show;
  };
  const stop = () => {
    model.off("msg:custom", receive);
    places.forEach((place) => place.stop());
  };
  return { size: model.get("latent_dim"), addPlace, stop };
}

/** One digit on screen: pixels and caption change together, when the answer is there. */
function makePlace(what, id, send, draw, complain) {
  let queue = EMPTY_QUEUE;
  let timer = 0;
  const nameOf = ({ number }) => `${id}-${number}`;
  const update = (next) => {
    const before = queue.asked?.number;
    queue = next;
    if (queue.asked?.number === before) return;
    clearTimeout(timer);
    if (!queue.asked) return;
    timer = setTimeout(giveUp, PATIENCE);
    try {
      send({ kind: what.kind, id: nameOf(queue.asked), [what.argument]: [Array.from(queue.asked.request.x)] });
    } catch {
      // a kernel that is gone: the same as one that gives no answer
    }
  };
  const giveUp = () => {
    complain({ note: NO_ANSWER });
    update(afterTimeout(queue));
  };
  const receive = (message, buffers) => {
    const { asked } = queue;
    if (!asked || message?.kind !== what.answer || message.id !== nameOf(asked)) return;
    update(afterAnswer(queue)); // before drawing: the kernel can work meanwhile
    complain(message.error ? { error: new Error(message.error) } : null);
    if (!message.error) draw(toFloats(buffers[0]), asked.request.caption);
  };
  return { receive, show: (x, caption) => update(afterRequest(queue, { x, caption })), stop: () => clearTimeout(timer) };
}

/** One box for the troubles of all places in a view, an error before a note; gone when there are none. */
function addComplaints(el) {
  const troubles = new Map();
  let [box, shown] = [null, undefined];
  return (id, trouble) => {
    if (trouble) troubles.set(id, trouble);
    else troubles.delete(id);
    const all = [...troubles.values()];
    const worst = all.find(({ error }) => error) ?? all[0];
    const text = worst && (worst.error?.message ?? worst.note);
    if (text === shown) return; // said once is enough, for a screen reader too
    box?.remove();
    [box, shown] = [worst ? append(el, "div", "vae-complaint") : null, text];
    if (worst?.error) showError(box, worst.error);
    else if (worst) showNote(box, worst.note);
  };
}

function showNote(parent, text) {
  const note = append(parent, "div", "vae-silent");
  note.setAttribute("role", "status");
  note.textContent = text;
}
