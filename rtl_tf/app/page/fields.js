// The fields of a photograph: what they show, and what is wrong with what was typed in them.

import { by, state } from "./state.js";
import { ofPhoto, wrong } from "./telling.js";

const FIELDS = { subject: "subject", mm: "mm_per_px", "ruler-mm": "" }; // and the attribute that each shows
const fieldOf = (id) => `text of the field ${id}`; // which is wrong whatever of it was saved before

export const notSaved = (image, name, why) =>
  wrong(ofPhoto(image, name), `NOT SAVED, ${state.images[image].name}${why}`);

// Tell that the text of a field of the open photograph is none; "" where it is right.
export function wrongField(id, problem) {
  if (!state.photo) return;
  by(id).setCustomValidity(problem);
  if (problem) notSaved(state.current, fieldOf(id), `: ${problem}`);
  else wrong(ofPhoto(state.current, fieldOf(id)), "");
}

// A field without a photograph can be gone to, so that its text does not become keys, but takes none.
export function fill(attributes, readOnly, anew) {
  for (const [id, name] of Object.entries(FIELDS)) {
    const field = by(id);
    field.readOnly = readOnly;
    if (anew && field === document.activeElement) continue; // somebody is at work in it
    field.value = attributes[name] ?? "";
    field.setCustomValidity("");
  }
}

// Show what holds now, unless somebody is at work in the field or has to put it right.
export function refresh(id, text) {
  const field = by(id);
  if (field !== document.activeElement && !field.validity.customError && field.value !== text) field.value = text;
}

// A number as people type it; NaN for what is none.
export function numberIn(id) {
  const text = by(id).value.trim().replace(",", ".");
  return text === "" ? null : Number(text);
}
