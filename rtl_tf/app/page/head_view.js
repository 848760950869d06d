// The view of the head: what a person said, else what the table of --facts says, else what was found.

import { by, state } from "./state.js";

export const saidView = () => state.photo?.points[state.about.view.name] ?? "";

// Why values do not stand for the head's in it, by measurement.
export function outsideNow() {
  const { facts, guess } = state.photo;
  return state.about.view.outside[saidView()] ?? facts?.outside ?? guess?.outside ?? {};
}

export function showView() {
  const { guess, facts } = state.photo ?? {},
    field = by("head-view"),
    found = facts?.view
      ? `as ${state.about.facts} says (${facts.view})`
      : `as found${guess ? ` (${guess.view || "unknown"})` : ""}`;
  if (field.options[0].text !== found) field.options[0].text = found; // its list may be open
  field.value = saidView();
}
