// Parts of a page.

export function append(parent, tag, className) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  parent.appendChild(element);
  return element;
}

export function addButton(parent, text, title, onClick) {
  const button = append(parent, "button", "vae-button");
  Object.assign(button, { type: "button", textContent: text, title });
  button.addEventListener("click", onClick);
  return button;
}
