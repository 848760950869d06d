// The page: one photograph at a time, its landmarks moved by mouse or keys, every change sent at once.

import { listen as listenToButtons } from "./buttons.js";
import * as changes from "./changes.js";
import { drawMarks, measure, renderList, stage, view } from "./drawing.js";
import { isEnabled, listen as listenToEnabled } from "./enabled.js";
import { saveTable } from "./exporting.js";
import { listen as listenToKeys } from "./keys.js";
import { showKeys } from "./lists.js";
import * as looking from "./looking.js";
import { listen as listenToMouse } from "./mouse.js";
import { closed, go, list, open, poll } from "./photographs.js";
import { ask } from "./requests.js";
import { by, guesser, inside, isEnd, isOpen, placeOf, pointOf, rounded, state } from "./state.js";
import { pass } from "./telling.js";

const middle = () => view.toPhoto(view.size.map((side) => side / 2));

// What mouse, keys and buttons act on.
const page = {
  ...changes,
  ...looking,
  go,
  renderList,
  guesser,
  ruler: () => state.about.ruler,
  saveTable,
  open: (index) => state.held || open(index),
  ready: () => state.photo !== null && !state.held,
  selected: () => state.selected,
  placeOf: (name) => placeOf(pointOf(name)),
  isOpen: () => isOpen(pointOf(state.selected)),
  placeInMiddle: () => page.isOpen() && changes.placeNext(middle()),
  placeAllTheSame: () => placeOf(pointOf(state.selected)) || changes.place(state.selected, middle()),
  onPhoto: (point) => rounded(inside(point)),
  moved() {
    drawMarks();
    measure();
  },
  notVisible: () => isEnd(state.selected) || changes.changePoint(state.selected, "not visible", "not visible"),
  deletePoint: () => !isEnabled("delete") || changes.changePoint(state.selected, "deleted", "deleted"),
  part(index) {
    const { parts } = state.about.schema;
    if (parts[index]) looking.showPart(parts[index].landmarks);
  },
  larger: () => view.zoom(1.25),
  smaller: () => view.zoom(0.8),
  toggleChecked: () => changes.attribute("checked", state.photo.attributes.checked ? "" : "yes"),
  help: () => by("help").showModal(),
  undo: () => changes.reverse("undo"),
  redo: () => changes.reverse("redo"),
};

// Where the page's own texts tell of a detector.
function nameFaceMesh() {
  by("guesser").textContent = "face mesh";
  by("model").textContent = "Face mesh's points";
  by("model").title = "Points of the face mesh (M)";
  by("accept").title = "The face mesh's place is right (A)";
}

// Where the schema has none: their room is the landmarks'.
function hideMeasurements() {
  for (const part of [by("use").parentElement, by("values"), by("worth")]) part.hidden = true;
}

// Before what a key or a button does.
const FIRST = { capture: true, passive: true };
function touch() {
  state.touched = true;
  pass("");
}

async function start() {
  const about = (state.about = await ask("session"));
  await list();
  by("folder").textContent = about.folder.split(/[\\/]/).filter(Boolean).pop() ?? about.folder;
  by("folder").title = about.folder;
  if (about.labelling) nameFaceMesh();
  if (!about.schema.measurements.length) hideMeasurements();
  if (about.ordered) by("list").setAttribute("aria-label", "Photographs, in the order of the table");
  by("head-view").append(...Object.keys(about.view.outside).map((name) => new Option(name)));
  listenToMouse(stage, view, page);
  showKeys(by("keys"), listenToKeys(stage, view, page));
  listenToEnabled();
  listenToButtons(about.schema.parts, stage, view, page);
  for (const kind of ["keydown", "pointerdown", "wheel"]) document.addEventListener(kind, touch, FIRST);
  const first = state.rows.find((row) => !row.checked && !row.problem) ?? state.rows[0];
  if (first) await open(first.index);
  stage.focus({ preventScroll: true });
  setTimeout(poll, 300);
}

start().catch((problem) => closed(problem.message));
