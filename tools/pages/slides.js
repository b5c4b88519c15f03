// Start the slides once the formulas have their size.

window.MathJax.tex = {
  inlineMath: [["$", "$"], ["\\(", "\\)"]],
  displayMath: [["$$", "$$"], ["\\[", "\\]"]],
  tags: "ams",
};

const LIVE = ".jupyter-widgets, .vae-view";

document.addEventListener("DOMContentLoaded", async () => {
  await MathJax.startup.promise;
  for (const area of document.querySelectorAll(".jp-OutputArea-output")) {
    if (area.querySelector('script[type="application/vnd.jupyter.widget-view+json"]')) area.dataset.preventSwipe = "";
  }
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
