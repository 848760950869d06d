// The line that tells what is saved. What is wrong stays until it is put right; other words come and go.

import { by } from "./state.js";

let said = { kind: "", text: "" };
const wrongs = new Map();

export function say(kind, text) {
  said = { kind, text };
  show();
}

// Tell what is wrong with something, by its name; "" once it is right.
export function wrong(name, problem) {
  if (problem) wrongs.set(name, problem);
  else wrongs.delete(name);
  show();
}

function show() {
  const line = by("saved");
  const told = said.kind === "bad" || !wrongs.size ? [said.text] : [];
  const text = [...told, ...wrongs.values()].join(" · ");
  line.className = wrongs.size ? "bad" : said.kind;
  if (line.textContent !== text) line.textContent = text;
}
