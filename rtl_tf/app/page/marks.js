// The landmarks over the photograph, of one size on the screen at any zoom.

import { element } from "./view.js";

const GRIP = 14; // screen px around a point where it can be taken hold of
const RING = 7;

// Draw all anew: `points` are {name, label, human, model, radius}, in original px; null = none.
export function draw(group, view, points, selected, shows) {
  group.replaceChildren();
  const labelled = [];
  const order = [...points].sort((one, other) => (one.name === selected) - (other.name === selected));
  for (const point of order) {
    const chosen = point.name === selected;
    if (shows.radius && point.model && point.radius)
      circle(group, view.toScreen(point.model), point.radius * view.scale, "limit");
    if (point.human && point.model && shows.model) {
      const [from, to] = [view.toScreen(point.model), view.toScreen(point.human)];
      element("line", { class: "moved", x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, group);
      mark(group, from, "model", "", false).classList.add("faint");
    }
    const place = point.human || (shows.model && point.model);
    if (!place) continue;
    const at = view.toScreen(place);
    const free = labelled.every(([x, y]) => Math.abs(x - at[0]) > 26 || Math.abs(y - at[1]) > 13);
    if (free || chosen) labelled.push(at);
    const drawn = mark(group, at, point.human ? "human" : "model", free || chosen ? point.label : "", chosen);
    drawn.dataset.landmark = point.name;
    element("title", {}, drawn).textContent = point.name;
  }
}

// The ruler above them, with as many ends as it has; only while it `isOpen` they can be taken hold of, and nothing else.
export function drawRuler(group, view, ends, selected, isOpen) {
  group.classList.toggle("scaling", isOpen);
  const there = ends.filter(({ human }) => human).map((end) => ({ ...end, at: view.toScreen(end.human) }));
  if (there.length === 2) {
    const [[x1, y1], [x2, y2]] = there.map(({ at }) => at);
    for (const name of ["ruler-under", "ruler-line"]) element("line", { class: name, x1, y1, x2, y2 }, group);
  }
  for (const end of there) {
    const drawn = mark(group, end.at, "ruler", isOpen ? end.label : "", end.name === selected);
    drawn.dataset.landmark = end.name;
    element("title", {}, drawn).textContent = end.name;
  }
}

function mark(group, [x, y], kind, label, chosen) {
  const made = element("g", { class: `mark of-${kind}${chosen ? " selected" : ""}`, transform: `translate(${x} ${y})` }, group);
  element("circle", { class: "grip", r: GRIP }, made);
  for (const name of ["under", `ring ${kind}`]) {
    if (kind === "model")
      element("rect", { class: name, x: -RING, y: -RING, width: 2 * RING, height: 2 * RING }, made);
    else element("circle", { class: name, r: RING }, made);
  }
  if (chosen) {
    const arms = "M-22 0H-10M10 0H22M0 -22V-10M0 10V22";
    for (const name of ["cross-under", "cross"]) element("path", { class: name, d: arms, fill: "none" }, made);
  }
  element("circle", { class: `dot ${kind}`, r: 1.6 }, made);
  if (label) element("text", { x: RING + 4, y: -RING - 1 }, made).textContent = label;
  return made;
}

function circle(group, [x, y], r, name) {
  element("circle", { class: name, cx: x, cy: y, r }, group);
}
