// As much of a page and of a widget's model as the scripts need in order to run without a browser.

import assert from "node:assert/strict";
import { beforeEach, mock } from "node:test";

/** Fail unless two lists of numbers have one length and differ by `tolerance` at most. */
export function assertClose(got, wanted, tolerance = 1e-9) {
  assert.equal(got.length, wanted.length);
  const apart = Array.from(wanted, (value, i) => Math.abs(got[i] - value));
  const message = `got [${Array.from(got)}], want [${Array.from(wanted)}]`;
  assert.ok(apart.every((distance) => distance <= tolerance), message);
}

/** Floats as the kernel sends them. */
export function bytesOf(values) {
  return new DataView(Float32Array.from(values).buffer);
}

/** A decoder with 784 pixels whose logits are all the sum of its latent values, and the traits that send it. */
export function decoderTraits(latentDim) {
  const weights = [...Array(784 * latentDim).fill(1), ...Array(784).fill(0)];
  return { layers: [{ type: "linear", inputs: latentDim, outputs: 784 }], weights: bytesOf(weights) };
}

/** The model that anywidget hands to `render`: traits, and listeners that a changed trait calls. */
export class FakeModel {
  listeners = [];
  saves = 0;
  sent = [];

  constructor(traits) {
    this.traits = { ...traits };
  }

  get(name) {
    return this.traits[name];
  }

  set(name, value) {
    if (this.traits[name] === value) return;
    this.traits[name] = value;
    this.listeners.filter(({ event }) => event === `change:${name}`).forEach(({ f }) => f());
  }

  save_changes() {
    this.saves++;
  }

  send(message) {
    this.sent.push(message);
  }

  /** A message from the kernel. */
  receive(message, buffers) {
    this.listeners.filter(({ event }) => event === "msg:custom").forEach(({ f }) => f(message, buffers));
  }

  on(events, f) {
    this.listeners.push(...events.split(" ").map((event) => ({ event, f })));
  }

  off(events, f) {
    const names = events.split(" ");
    this.listeners = this.listeners.filter((one) => one.f !== f || !names.includes(one.event));
  }
}

/** A canvas's context: it keeps the styles that are set and counts in `calls` what is called, with the arguments. */
export function fakeContext(canvas) {
  const calls = [];
  const own = {
    calls,
    canvas,
    createImageData: (width, height) => ({ data: new Uint8ClampedArray(4 * width * height) }),
    measureText: (text) => ({ width: 15 * text.length }),
  };
  const record = (target, name) => target[name] ?? ((...values) => calls.push([name, ...values]));
  return new Proxy(own, { get: record });
}

export class FakeElement {
  attributes = {};
  children = [];
  classes = new Set();
  handlers = {};
  style = {};
  dataset = {};
  clientWidth = 300;
  clientHeight = 300;
  classList = {
    add: (...names) => names.forEach((name) => this.classes.add(name)),
    toggle: (name, on) => (on ? this.classes.add(name) : this.classes.delete(name)),
  };

  constructor(tag) {
    this.tag = tag;
  }

  set className(names) {
    this.classes = new Set(names.split(" "));
  }

  appendChild(child) {
    child.parent = this;
    this.children.push(child);
  }

  append(text) {
    this.textContent = (this.textContent ?? "") + text;
  }

  remove() {
    this.parent.children = this.parent.children.filter((child) => child !== this);
  }

  setAttribute(name, value) {
    this.attributes[name] = value;
  }

  addEventListener(type, f) {
    this.handlers[type] = f;
  }

  removeEventListener(type) {
    delete this.handlers[type];
  }

  focus() {}

  setPointerCapture(id) {
    this.captured = id;
  }

  getBoundingClientRect() {
    return { left: 0, top: 0, width: this.clientWidth, height: this.clientHeight };
  }

  /** The nearest with a class, this one or one above it. */
  closest(selector) {
    return this.classes.has(selector.slice(1)) ? this : (this.parent?.closest(selector) ?? null);
  }

  getContext() {
    return (this.context ??= fakeContext(this));
  }

  /** The text of this and of all in it. */
  get text() {
    return [this.textContent, ...this.children.map((child) => child.text)].filter(Boolean).join("\n");
  }

  /** All elements below this one that have a tag or, after a dot, a class; in the page's order. */
  all(selector) {
    const below = this.children.flatMap((child) => [child, ...child.all("*")]);
    if (selector === "*") return below;
    const parts = selector.split(", ");
    return below.filter(({ tag, classes }) => parts.some((part) => tag === part || classes.has(part.slice(1))));
  }

  querySelectorAll(selector) {
    return this.all(selector);
  }

  querySelector(selector) {
    return this.all(selector)[0] ?? null;
  }
}

/** Watches elements; `resize(element)` tells those who watch it. */
export class FakeObserver {
  static all = new Set();

  static resize(element) {
    [...FakeObserver.all].filter(({ watched }) => watched === element).forEach(({ f }) => f());
  }

  constructor(f) {
    this.f = f;
  }

  observe(element) {
    this.watched = element;
    FakeObserver.all.add(this);
  }

  disconnect() {
    FakeObserver.all.delete(this);
  }
}

/** Fail unless a view whose set-up breaks after it has begun to listen shows the error, and listens to nothing any more. */
export function assertCleanFailure(widget, traits) {
  fakePage();
  const [model, el] = [new FakeModel(traits), new FakeElement("div")];
  globalThis.ResizeObserver = class {
    constructor() {
      throw new Error(model.listeners.length > 0 ? "a broken page" : "nothing listens yet");
    }
  };
  const stop = widget.render({ model, el });
  assert.match(el.querySelector(".vae-error").textContent, /^This widget stopped: a broken page\./);
  assert.deepEqual([model.listeners, document.handlers, window.handlers], [[], {}, {}]);
  stop();
}

/** Give the scripts a page with frames: `next()` is the next of them, `asked` how many were asked for. */
export function fakePage() {
  const frames = { asked: 0, waiting: new Map() };
  frames.next = () => {
    const calls = [...frames.waiting.values()];
    frames.waiting.clear();
    calls.forEach((f) => f());
  };
  globalThis.requestAnimationFrame = (f) => {
    frames.waiting.set(++frames.asked, f);
    return frames.asked;
  };
  globalThis.cancelAnimationFrame = (id) => frames.waiting.delete(id);
  globalThis.window = new FakeElement("window");
  globalThis.document = Object.assign(new FakeElement("document"), { createElement: (tag) => new FakeElement(tag) });
  globalThis.OffscreenCanvas = class extends FakeElement {
    constructor(width, height) {
      Object.assign(super("canvas"), { width, height });
    }
  };
  globalThis.ResizeObserver = FakeObserver;
  globalThis.getComputedStyle = () => ({ fontSize: "13px" });
  globalThis.devicePixelRatio = 1;
  globalThis.innerHeight = 600;
  return frames;
}

/** Before each test of a file: a new page, whose frames are in what is returned, and timers that wait to be told. */
export function freshPages() {
  const page = {};
  mock.timers.enable({ apis: ["setTimeout"] });
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["setTimeout"] });
    page.frames = fakePage();
  });
  return page;
}
