// What the table of --facts tells of the open photograph; what a person says on the page goes before it.

import { by, state } from "./state.js";

export const factsScale = () => state.photo.facts?.scale ?? null;

// `byFacts`: whether its scale is the one that counts.
export function showFacts(byFacts) {
  const { about, photo } = state;
  by("facts").textContent = photo.facts ? `${about.facts}: ${told(photo, byFacts).join(" \u00b7 ")}` : "";
}

function told({ facts, points, attributes }, byFacts) {
  const { subject, age, sex, scale, view } = facts,
    typed = attributes.subject;
  return [
    subject && `person ${subject}${counted(!typed || typed === subject)}`,
    age !== null && `${age} years`,
    sex,
    scale && `${Number(scale.mmPerPx.toPrecision(4))} mm in one px${counted(byFacts)}`,
    view && `${view} view${counted(!points[state.about.view.name])}`,
  ].filter(Boolean);
}

const counted = (counts) => (counts ? "" : " (yours counts)");
