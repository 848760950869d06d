// What is looked at: the selected landmark, a part of the face, a heatmap, or none.

import { drawMarks, render, stage, view } from "./drawing.js";
import { isEnabled } from "./enabled.js";
import { askHeatmap } from "./requests.js";
import { allPoints, by, isEnd, isOpen, placeOf, pointOf, rulerEnds, siblings, state } from "./state.js";
import { element } from "./view.js";

export function select(name) {
  state.selected = name;
  if (!isEnd(name)) state.landmark = name;
  render();
  by("landmarks").querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  heat();
}

export function step(direction) {
  const names = siblings().map(({ name }) => name);
  select(names[(names.indexOf(state.selected) + direction + names.length) % names.length]);
  bringIntoView();
}

// The scale tool is open while an end of the ruler is selected.
export function toggleScale() {
  const ends = rulerEnds();
  select(isEnd(state.selected) ? state.landmark : (ends.find(isOpen) ?? ends[0]).name);
  bringIntoView();
  stage.focus({ preventScroll: true });
}

export function bringIntoView() {
  const place = state.photo && placeOf(pointOf(state.selected));
  if (!place) return;
  const [x, y] = view.toScreen(place),
    [width, height] = view.size,
    edge = 40;
  if (x < edge || y < edge || x > width - edge || y > height - edge) view.centre(place);
}

export function face() {
  const places = allPoints().map(placeOf).filter(Boolean);
  if (places.length > 1) view.fit(places, 1.5);
  else view.whole();
}

export function showPart(names) {
  const places = names.map((name) => placeOf(pointOf(name))).filter(Boolean);
  const all = allPoints().map(placeOf).filter(Boolean);
  const extent = Math.max(
    ...[0, 1].map(
      (axis) => Math.max(...all.map((place) => place[axis])) - Math.min(...all.map((place) => place[axis])),
    ),
  );
  if (places.length) view.fit(places, 1.7, extent * 0.12);
  if (!names.includes(state.selected)) select(names[0]);
}

export async function heat() {
  by("heat").replaceChildren();
  if (!state.shows.heatmap || !state.photo?.guess?.heatmaps || isEnd(state.selected)) return;
  const { opening, current, photo, selected } = state;
  const found = await askHeatmap(current, photo.sha256, selected).catch(() => null);
  if (!found || opening !== state.opening || selected !== state.selected || !state.shows.heatmap) return;
  by("heat").replaceChildren();
  element(
    "image",
    {
      href: found.url,
      x: found.left,
      y: found.top,
      width: found.side,
      height: found.side,
      preserveAspectRatio: "none",
    },
    by("heat"),
  ).addEventListener("load", () => URL.revokeObjectURL(found.url));
}

export function toggle(name) {
  if (!isEnabled(name)) return;
  state.shows[name] = !state.shows[name];
  by(name).setAttribute("aria-pressed", state.shows[name]);
  drawMarks();
  if (name === "heatmap") heat();
}
