// The line that tells what is saved. What is wrong stays until it is put right; passing words go with the next key,
// click or turn of the wheel.

import { by } from "./state.js";

let saving = { kind: "", text: "" };
let passing = "";
const wrongs = new Map();

// How far the page has got with saving.
export function tellSaving(kind, text) {
  saving = { kind, text };
  show();
}

// What matters at this moment alone.
export function pass(text) {
  passing = text;
  show();
}

// Tell what is wrong with something, by its name; "" once it is right.
export function wrong(name, problem) {
  if (problem) wrongs.set(name, problem);
  else wrongs.delete(name);
  show();
}

// What is called so of a photograph: a landmark, or an attribute.
export const ofPhoto = (index, what) => `${index}/${what}`;

// A photograph is shown as it is saved: nothing is wrong with it any more.
export function right(index) {
  for (const name of wrongs.keys()) if (name.startsWith(ofPhoto(index, ""))) wrongs.delete(name);
  show();
}

function show() {
  const line = by("saved");
  const told = wrongs.size ? [...new Set(wrongs.values())] : [saving.text];
  const text = [...told, passing].filter(Boolean).join(" · ");
  line.className = wrongs.size ? "bad" : passing ? "waiting" : saving.kind;
  if (line.textContent !== text) line.textContent = text;
}
