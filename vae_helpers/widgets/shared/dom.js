// Parts of a page.

export function append(parent, tag, className) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  parent.appendChild(element);
  return element;
}

/** Calls `move(event)` while a pointer holds the element: of several fingers, the first one. */
export function onDrag(element, move) {
  let pointer = null;
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || pointer !== null) return;
    element.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    move(event);
  });
  element.addEventListener("pointermove", (event) => event.pointerId === pointer && move(event));
  element.addEventListener("lostpointercapture", (event) => {
    if (event.pointerId === pointer) pointer = null; // comes after pointerup and pointercancel
  });
}

export function addButton(parent, text, title, onClick) {
  const button = append(parent, "button", "vae-button");
  Object.assign(button, { type: "button", textContent: text, title });
  button.addEventListener("click", onClick);
  return button;
}
