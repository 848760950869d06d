// What a person changes: shown at once, sent at once, undone and done again.

import { render } from "./drawing.js";
import { faceNow } from "./faces.js";
import { record, reversal } from "./history.js";
import { bringIntoView, select, step } from "./looking.js";
import { go, saver } from "./photographs.js";
import { allPoints, by, guesser, inside, isEnd, isOpen, placeOf, pointOf, rounded, siblings, state } from "./state.js";
import { pass } from "./telling.js";

const TWICE = 500; // ms within which nobody has looked at a photograph

const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

function change(kind, changes, joins = false) {
  const { photo, current } = state;
  const isNew = ({ old, new: now }) => JSON.stringify(old) !== JSON.stringify(now);
  const wanted = kind === "undo" || kind === "redo" ? changes : changes.filter(isNew); // a step back is always one
  if (!wanted.length) return;
  for (const { landmark, new: now } of wanted) {
    if (now === null) delete photo.points[landmark];
    else photo.points[landmark] = now;
    if (landmark === state.about.face) photo.guess = null; // it is of another face: nobody shall accept that
  }
  const unsent = joins && saver.unsent();
  if (
    unsent &&
    unsent.kind === kind &&
    unsent.sha256 === photo.sha256 &&
    unsent.changes.length === 1 &&
    unsent.changes[0].landmark === wanted[0].landmark
  ) {
    unsent.changes[0].new = wanted[0].new;
    photo.stacks.undo.at(-1).changes[0].new = wanted[0].new;
  } else {
    const action = { change: newId(), kind, changes: wanted },
      after = photo.stacks.last;
    record(photo.stacks, { ...action, changes: wanted.map((one) => ({ ...one })) });
    saver.add(current, photo.sha256, {
      ...action,
      after,
      changes: wanted.map((one) => ({ ...one, model: photo.guess?.points?.[one.landmark] ?? null })),
    });
  }
  render();
}

export function changePoint(name, now, kind = "place", joins = false) {
  change(kind, [{ landmark: name, old: pointOf(name).old, new: now }], joins);
}

export function reverse(kind) {
  const changes = state.photo && reversal(state.photo.stacks, kind);
  if (!changes) return;
  change(kind, changes);
  const [{ landmark }] = changes;
  if (landmark === state.about.view.name || landmark === state.about.face) return; // no place to look at
  select(landmark === state.about.ruler.mm ? state.about.ruler.ends[0].name : landmark);
  bringIntoView();
}

export function place(name, point) {
  changePoint(name, rounded(inside(point)));
}

// Place the selected landmark, and go on with the next that has none; from the ends of a ruler to what lies between.
export function placeNext(point) {
  place(state.selected, point);
  const next = siblings().find(isOpen);
  if (next) select(next.name);
  else if (isEnd(state.selected) && typeof state.photo.points[state.about.ruler.mm] !== "number") by("ruler-mm").focus();
}

export function nudge(dx, dy) {
  const { selected } = state;
  const point = pointOf(selected),
    at = placeOf(point),
    name = selected.replaceAll("_", " ");
  if (at) changePoint(selected, rounded(inside([at[0] + dx, at[1] + dy])), "place", true);
  else if (point.said) pass(`${name} is ${point.said}: a double click, or Shift + Space, places it all the same`);
  else pass(`${name} has no place yet: click on the photograph, or press Space`);
}

export function accept() {
  const point = pointOf(state.selected);
  if (point.old === null && point.model) changePoint(state.selected, point.model, "accept");
  step(1);
}

// How many mm lie between the ends of the ruler; null where nobody tells it any more.
export function rulerLength(mm) {
  const { name, old } = part(state.about.ruler.mm);
  change(mm === null ? "deleted" : "place", [{ landmark: name, old, new: mm ?? (old === null ? null : "deleted") }]);
}

export function removeRuler() {
  const { ends, mm } = state.about.ruler;
  const there = [...ends.map(({ name }) => name), mm].map(part).filter(({ old }) => old !== null && old !== "deleted");
  change(
    "deleted",
    there.map(({ name, old }) => ({ landmark: name, old, new: "deleted" })),
  );
}

// `view`: of the head; "" = as it was found.
export function chooseView(view) {
  const { name, old } = part(state.about.view.name);
  change("place", [{ landmark: name, old, new: view || null }]);
}

// Which of several faces is meant, by its place in the list: nothing is said of the largest, the first.
export function chooseFace(index) {
  const { name, old } = part(state.about.face);
  change("place", [{ landmark: name, old, new: index ? state.photo.guess.faces[index] : null }]);
}

export function nextFace() {
  const faces = state.photo.guess?.faces ?? [];
  if (faces.length) chooseFace((faceNow() + 1) % faces.length);
}

const part = (name) => ({ name, old: state.photo.points[name] ?? null });

let finished = -Infinity; // when

export function acceptRest() {
  const open = allPoints().filter((point) => point.old === null);
  if (performance.now() - finished < TWICE) return;
  if (state.photo.guess === null && open.length) {
    pass(`the ${guesser()} is still looking at this photograph: once more when its points are there`);
    return;
  }
  finished = performance.now();
  change(
    "accept",
    open.filter(({ model }) => model).map(({ name, model }) => ({ landmark: name, old: null, new: model })),
  );
  attribute("checked", "yes");
  go(1);
}

export function attribute(name, text) {
  const { photo, current } = state;
  if (!photo) return;
  const old = photo.attributes[name] ?? null,
    now = text.trim() || null;
  if (old === now) return;
  if (now === null) delete photo.attributes[name];
  else photo.attributes[name] = now;
  saver.add(current, photo.sha256, {
    change: newId(),
    kind: "attribute",
    changes: [{ attribute: name, old, new: now }],
  });
  render();
}
