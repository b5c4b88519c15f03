// Loaded before require.js on every page without a kernel: where the widgets' files are, and
// what they expect of the formulas' renderer.
var require = { paths: { anywidget: new URL("anywidget", document.currentScript.src).href } };

// The widgets' renderer speaks to MathJax 2, the page has MathJax 3. No label of a widget holds a formula.
const silent = { Queue() {} };
const ready = () => {
  MathJax.Hub = silent;
  MathJax.startup.defaultReady();
};
window.MathJax = { ...window.MathJax, Hub: silent, startup: { ready } };
