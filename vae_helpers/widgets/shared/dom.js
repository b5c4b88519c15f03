// Parts of a page.

export function append(parent, tag, className) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  parent.appendChild(element);
  return element;
}

/**
 * Calls `begin(event)`, `move(event)` and `end()` as a pointer takes hold of the element, moves and lets go: of several
 * fingers, the first one. What it returns says whether one holds it.
 */
export function onDrag(element, { move, begin = move, end = () => {} }) {
  let pointer = null;
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || pointer !== null) return;
    element.setPointerCapture(event.pointerId); // first: it throws where the pointer is gone already
    pointer = event.pointerId;
    begin(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerId === pointer) move(event);
  });
  element.addEventListener("lostpointercapture", (event) => {
    if (event.pointerId !== pointer) return; // comes after pointerup and after pointercancel
    pointer = null;
    end();
  });
  return () => pointer !== null;
}

export function addButton(parent, text, title, onClick) {
  const button = append(parent, "button", "vae-button");
  Object.assign(button, { type: "button", textContent: text, title });
  button.addEventListener("click", onClick);
  return button;
}
