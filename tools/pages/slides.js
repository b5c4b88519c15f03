// Start the slides once the formulas have their size.

window.MathJax.tex = {
  inlineMath: [["$", "$"], ["\\(", "\\)"]],
  displayMath: [["$$", "$$"], ["\\[", "\\]"]],
  tags: "ams",
};

const LIVE = ".jupyter-widgets, .vae-view";
const [WIDTH, BOTTOM, LARGEST] = [1192, 692, 1.4]; // of figures: pixels, pixels, times their own size

// A line may break on either side of a formula, even before a full stop: hold together what no space parts.
function tieFormulas() {
  for (const formula of document.querySelectorAll(".slides mjx-container:not([display])")) {
    const tied = document.createElement("span");
    tied.style.whiteSpace = "nowrap";
    formula.replaceWith(tied);
    const [before, after] = [tied.previousSibling, tied.nextSibling];
    const [start] = (before?.nodeType === Node.TEXT_NODE && before.data.match(/\S*$/)) || [""];
    const [end] = (after?.nodeType === Node.TEXT_NODE && after.data.match(/^\S*/)) || [""];
    if (start) before.data = before.data.slice(0, -start.length);
    if (end) after.data = after.data.slice(end.length);
    tied.append(start, formula, end);
  }
}

// Figures take the room that the rest of their slide leaves.
function fitFigures(slide) {
  const figures = [...slide.querySelectorAll(".jp-RenderedImage img")].filter((figure) => figure.naturalHeight);
  const shown = [...slide.children].filter((child) => child.offsetHeight);
  if (!figures.length) return;
  const heights = figures.map((figure) => figure.offsetHeight);
  const all = heights.reduce((sum, height) => sum + height);
  const { offsetTop, offsetHeight } = shown.at(-1);
  const factor = (all + BOTTOM - offsetTop - offsetHeight) / all;
  figures.forEach(({ naturalWidth, naturalHeight, style }, i) => {
    const widest = (WIDTH / naturalWidth) * naturalHeight;
    style.maxHeight = "none";
    style.height = `${Math.floor(Math.min(factor * heights[i], LARGEST * naturalHeight, widest))}px`;
  });
}

document.addEventListener("DOMContentLoaded", async () => {
  await MathJax.startup.promise;
  for (const area of document.querySelectorAll(".jp-OutputArea-output")) {
    if (area.querySelector('script[type="application/vnd.jupyter.widget-view+json"]')) area.dataset.preventSwipe = "";
  }
  tieFormulas();
  // The speaker's window lacks MathJax's styles: it would show each formula a second time, as screen readers have it.
  for (const copy of document.querySelectorAll("aside.notes mjx-assistive-mml")) copy.remove();
  for (const moment of ["ready", "slidechanged"]) Reveal.on(moment, ({ currentSlide }) => fitFigures(currentSlide));
  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    hash: true,
    slideNumber: "c/t",
    transition: "none",
    plugins: [RevealNotes],
    keyboardCondition: (event) => !event.target.closest(LIVE), // there an arrow key moves the widget
  });
});
