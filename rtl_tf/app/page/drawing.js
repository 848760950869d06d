// All that is seen, drawn anew of what the page knows.

import { Intervals } from "./intervals.js";
import { inOrder, showImages, showLandmarks, showMeasurements } from "./lists.js";
import { draw } from "./marks.js";
import { askIntervals } from "./requests.js";
import { allPoints, by, guesser, isOpen, placeOf, pointOf, state } from "./state.js";
import { View } from "./view.js";

export const stage = by("stage");
export const view = new View(stage, by("scene"), by("photo"), () => state.photo && drawMarks());
const intervals = new Intervals(askIntervals, () => state.photo && measure());

const LEGEND = "Small: 95 % interval by the detector’s errors. Points that a person placed or accepted count as exact.";

export function drawMarks() {
  const shown = allPoints().map((point) => (point.said ? { ...point, model: null } : point));
  draw(by("marks"), view, shown, state.selected, state.shows);
}

// Values at once, intervals as soon as they come.
export function measure() {
  const { about, current, opening, photo } = state;
  const points = allPoints().map((point) => ({ ...point, place: placeOf(point), byHand: point.human !== null }));
  const why = photo.guess?.no_intervals;
  const known = why === "" ? intervals.of(opening, current, points) : {};
  const mmPerPx = Number(photo.attributes.mm_per_px);
  showMeasurements(by("measurements").tBodies[0], about.schema.measurements, points, mmPerPx, known, guesser());
  if (why !== undefined) by("worth").textContent = why ? `No intervals: ${why}.` : LEGEND;
}

export function render() {
  const { about, photo, selected } = state;
  if (!photo) return;
  const points = allPoints(),
    point = pointOf(selected),
    place = placeOf(point);
  drawMarks();
  showLandmarks(by("landmarks"), points, selected, guesser());
  measure();
  const what = about.schema.landmarks.find((one) => one.name === selected);
  const at = place ? `x ${place[0].toFixed(2)}, y ${place[1].toFixed(2)} px` : point.said || "no place";
  by("where").textContent = `${what.label} ${what.name.replaceAll("_", " ")}: ${at} – ${what.anatomy}`;
  by("accept").disabled = !(point.old === null && point.model);
  by("hidden").disabled = point.said === "not visible";
  by("delete").disabled = point.said === "deleted" || (!point.human && !point.model);
  by("undo").disabled = !photo.stacks.undo.length;
  by("redo").disabled = !photo.stacks.redo.length;
  by("heatmap").disabled = !photo.guess?.heatmaps;
  by("radius").disabled = !photo.guess?.radius;
  const rest = points.filter((one) => one.old === null && one.model).length;
  by("finish").firstChild.textContent = rest ? `Accept the rest (${rest}), next ` : "Checked, next ";
  stage.classList.toggle("places", isOpen(point));
  const flags = [photo.warning, ...(photo.guess?.flags ?? [])].filter(Boolean);
  by("flags").hidden = !flags.length;
  by("flags").textContent = flags.join(" · ").replaceAll("_", " ");
}

// Nothing is open: nothing of a photograph stays on the page.
export function clear() {
  for (const id of ["photo", "heat", "marks", "landmarks"]) by(id).replaceChildren();
  by("measurements").tBodies[0].replaceChildren();
  for (const id of ["where", "worth", "flags"]) by(id).textContent = "";
  by("flags").hidden = true;
  for (const id of ["accept", "hidden", "delete", "undo", "redo"]) by(id).disabled = true;
  by("finish").firstChild.textContent = "Accept the rest, next ";
  document.title = "Landmarks";
  stage.setAttribute("aria-label", "Photograph");
}

let drawn = "";
export function renderList() {
  state.rows = inOrder(state.images, by("shown").value, by("search").value);
  const now = JSON.stringify([state.rows, state.current]);
  if (now === drawn) return;
  drawn = now;
  showImages(by("list"), state.rows, state.current, state.about.schema.landmarks.length);
}
