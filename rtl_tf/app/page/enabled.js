// Buttons that have nothing to do at this moment. They keep the focus: without it their keys would be the photograph's.

import { by } from "./state.js";

export const enable = (id, can) => by(id).setAttribute("aria-disabled", !can);
export const isEnabled = (id) => by(id).getAttribute("aria-disabled") !== "true";

// Before what any button does.
export function listen() {
  const stop = (event) => event.target.closest("[aria-disabled=true]") && event.stopImmediatePropagation();
  document.addEventListener("click", stop, { capture: true });
}
