// Which of several faces of the open photograph is meant: the largest, unless somebody has chosen another.

import { by, state } from "./state.js";

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// Its place in the list of the guess.
export const faceNow = () => state.photo.guess.faces.findIndex((centre) => same(centre, state.photo.guess.face));

// Whether a guess is of the face that is chosen by now, as far as this page knows.
export function isOfChosen(guess) {
  const chosen = state.photo.points[state.about.face] ?? null;
  return same(guess.asked ?? null, chosen);
}

export function showFaces() {
  const faces = state.photo?.guess?.faces ?? [],
    field = by("face");
  by("faces").hidden = !faces.length;
  if (!faces.length) return;
  const names = faces.map((_, index) => `${index + 1} of ${faces.length}${index ? "" : " (the largest)"}`);
  if (!same([...field.options].map(({ text }) => text), names)) field.replaceChildren(...names.map((name) => new Option(name)));
  field.selectedIndex = faceNow();
}
