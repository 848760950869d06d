// All that is seen, drawn anew of what the page knows.

import { enable } from "./enabled.js";
import { showFaces } from "./faces.js";
import { outsideNow, saidView, showView } from "./head_view.js";
import { Intervals } from "./intervals.js";
import { inOrder, isWanted, showImages, showLandmarks, showMeasurements } from "./lists.js";
import { draw, drawRuler } from "./marks.js";
import { askIntervals } from "./requests.js";
import { scaleNow, showScale } from "./scale.js";
import { allPoints, by, guesser, isEnd, isOpen, placeOf, pointOf, rulerEnds, state } from "./state.js";
import { View } from "./view.js";

export const stage = by("stage");
export const view = new View(stage, by("scene"), by("photo"), () => state.photo && drawMarks());
const intervals = new Intervals(askIntervals, () => state.photo && measure());

const legend = ({ error }) =>
  `Small: 95 % interval by the detector’s errors${error ? " and the ruler’s" : ""}. ` +
  "Points that a person placed or accepted count as exact.";

export function drawMarks() {
  const shown = allPoints().map((point) => (point.said ? { ...point, model: null } : point));
  draw(by("marks"), view, shown, state.selected, state.shows);
  drawRuler(by("marks"), view, rulerEnds(), state.selected, isEnd(state.selected));
}

// Values at once, intervals as soon as they come.
export function measure() {
  const { about, current, opening, photo } = state;
  const points = allPoints().map((point) => ({ ...point, place: placeOf(point), byHand: point.human !== null }));
  const why = photo.guess?.no_intervals,
    scale = scaleNow();
  const asked = why === "" || about.scored;
  const known = asked ? intervals.of(opening, current, points, scale, saidView(), photo.guess !== null) : {};
  const worth = { scale, intervals: {}, scores: {}, ...known, outside: outsideNow() };
  showMeasurements(by("measurements").tBodies[0], about.schema.measurements, points, worth, guesser());
  if (why !== undefined) by("worth").textContent = why ? `No intervals: ${why}.` : legend(scale);
  showScale();
  showView();
  showFaces();
}

export function render() {
  const { photo, selected } = state;
  if (!photo) return;
  const points = allPoints(),
    point = pointOf(selected),
    place = placeOf(point);
  drawMarks();
  showLandmarks(by("landmarks"), points, selected, guesser());
  measure();
  const at = place ? `x ${place[0].toFixed(2)}, y ${place[1].toFixed(2)} px` : point.said || "no place";
  by("where").textContent = `${isEnd(selected) ? "" : point.label} ${point.name.replaceAll("_", " ")}: ${at} – ${point.anatomy}`;
  enable("accept", point.old === null && Boolean(point.model));
  enable("hidden", point.said !== "not visible" && !isEnd(selected));
  enable("delete", point.said !== "deleted" && Boolean(point.human || point.model));
  enable("undo", photo.stacks.undo.length > 0);
  enable("redo", photo.stacks.redo.length > 0);
  enable("heatmap", Boolean(photo.guess?.heatmaps));
  enable("radius", Boolean(photo.guess?.radius));
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
  for (const id of ["where", "worth", "flags", "mm-told", "facts"]) by(id).textContent = "";
  by("flags").hidden = by("scale-tool").hidden = true;
  by("scale").setAttribute("aria-pressed", false);
  for (const id of ["accept", "hidden", "delete", "undo", "redo"]) enable(id, false);
  by("finish").firstChild.textContent = "Accept the rest, next ";
  showView();
  showFaces();
  stage.setAttribute("aria-label", "Photograph");
}

let drawn = "";
export function renderList() {
  state.order = inOrder(state.images, state.done, state.about.ordered);
  state.rows = state.order.filter((image) => isWanted(image, by("shown").value, by("search").value));
  const now = JSON.stringify([state.rows, state.current]);
  if (now === drawn) return;
  drawn = now;
  showImages(by("list"), state.rows, state.current, state.about.schema.landmarks.length);
}
