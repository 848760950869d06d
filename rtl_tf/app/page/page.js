// The page: one photograph at a time, its landmarks moved by mouse or keys, every change sent at once.

import { listen as listenToButtons } from "./buttons.js";
import { record, reversal, stacks } from "./history.js";
import { listen as listenToKeys } from "./keys.js";
import { inOrder, showImages, showKeys, showLandmarks, showMeasurements } from "./lists.js";
import { draw } from "./marks.js";
import { listen as listenToMouse } from "./mouse.js";
import { ask, askHeatmap, Saver } from "./requests.js";
import { element, View } from "./view.js";

const POLL = 2500; // ms between looks at the list
const by = (id) => document.getElementById(id);
const stage = by("stage");

let about,
  images = [],
  rows = [],
  current = -1,
  photo = null,
  selected = "",
  dragged = null;
const shows = { heatmap: false, radius: true, model: true };
const view = new View(stage, by("scene"), by("photo"), () => photo && drawMarks());
const saver = new Saver({
  told: (kind, text) => say(kind, text),
  saved(image, told, left) {
    if (photo && image === current && !left) Object.assign(photo, told);
    Object.assign(images[image], { said: Object.keys(told.points).length, checked: "checked" in told.attributes });
    if (!left) say("", "All changes are saved");
    render();
    renderList();
  },
  refused(image, problem) {
    say("bad", `NOT SAVED: ${problem}`);
    if (image === current) open(image, false);
  },
});

function say(kind, text) {
  by("saved").className = kind;
  if (by("saved").textContent !== text) by("saved").textContent = text;
}

// --- what is known of the landmarks

function pointOf(name) {
  const landmark = about.schema.landmarks.find((one) => one.name === name);
  const said = photo.points[name] ?? null,
    guess = photo.guess?.points?.[name] ?? null,
    held = dragged?.name === name ? dragged.point : null;
  return {
    ...landmark,
    old: said,
    human: held ?? (Array.isArray(said) ? said : null),
    said: typeof said === "string" && !held ? said : "",
    model: guess,
    radius: photo.guess?.radius?.[name] ?? null,
  };
}

const allPoints = () => about.schema.landmarks.map(({ name }) => pointOf(name));
const placeOf = (point) => point.human || (point.said ? null : point.model);
const shownPoints = () => allPoints().map((point) => (point.said ? { ...point, model: null } : point));
const rounded = (point) => point.map((value) => Math.round(value * 100) / 100);
const inside = ([x, y]) => [
  Math.min(Math.max(x, -0.5), photo.width - 0.5),
  Math.min(Math.max(y, -0.5), photo.height - 0.5),
];

// --- changes

function change(kind, changes, joins = false) {
  const wanted = changes.filter(({ old, new: now }) => JSON.stringify(old) !== JSON.stringify(now));
  if (!wanted.length) return;
  for (const { landmark, new: now } of wanted) {
    if (now === null) delete photo.points[landmark];
    else photo.points[landmark] = now;
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
    const action = { change: crypto.getRandomValues(new Uint32Array(4)).join("-"), kind, changes: wanted };
    record(photo.stacks, { ...action, changes: wanted.map((one) => ({ ...one })) });
    saver.add(current, photo.sha256, {
      ...action,
      changes: wanted.map((one) => ({ ...one, model: photo.guess?.points?.[one.landmark] ?? null })),
    });
  }
  render();
}

function changePoint(name, now, kind = "place", joins = false) {
  change(kind, [{ landmark: name, old: pointOf(name).old, new: now }], joins);
}

function reverse(kind) {
  const changes = photo && reversal(photo.stacks, kind);
  if (!changes) return;
  selected = changes[0].landmark;
  change(kind, changes);
  bringIntoView();
}

function nudge(dx, dy) {
  const place = placeOf(pointOf(selected));
  if (place) changePoint(selected, rounded(inside([place[0] + dx, place[1] + dy])), "place", true);
  else say("waiting", `${selected} has no place yet: click on the photograph, or press Space`);
}

function accept() {
  const point = pointOf(selected);
  if (!point.human && point.model) changePoint(selected, point.model, "accept");
  step(1);
}

function acceptRest() {
  const rest = allPoints().filter((point) => point.old === null && point.model);
  change(
    "accept",
    rest.map((point) => ({ landmark: point.name, old: null, new: point.model })),
  );
  attribute("checked", "yes");
  go(1);
}

function attribute(name, text) {
  const old = photo.attributes[name] ?? null,
    now = text.trim() || null;
  if (old === now) return;
  if (now === null) delete photo.attributes[name];
  else photo.attributes[name] = now;
  const id = crypto.getRandomValues(new Uint32Array(4)).join("-");
  saver.add(current, photo.sha256, { change: id, kind: "attribute", changes: [{ attribute: name, old, new: now }] });
  render();
}

// --- photographs

async function open(index, keepsView = true) {
  if (index === current && keepsView) return;
  current = index;
  photo = null;
  by("flags").hidden = true;
  try {
    await saver.done(index);
    const told = await ask(`images/${index}`);
    if (index !== current) return;
    photo = { ...told, stacks: stacks(told.history), guess: null };
  } catch (problem) {
    if (index === current) closed(problem.message);
    renderList();
    return;
  }
  selected = about.schema.landmarks.some((one) => one.name === selected) ? selected : about.schema.landmarks[0].name;
  stage.setAttribute(
    "aria-label",
    `Photograph ${photo.name}: arrow keys move the selected landmark by a quarter of a pixel`,
  );
  document.title = `${photo.name} – landmarks`;
  by("subject").value = photo.attributes.subject ?? "";
  by("mm").value = photo.attributes.mm_per_px ?? "";
  view.show(index, photo.width, photo.height, about.tile);
  render();
  renderList();
  by(`image-${index}`)?.scrollIntoView({ block: "nearest" });
  askGuess(index, true);
}

function closed(problem) {
  by("photo").replaceChildren();
  by("heat").replaceChildren();
  by("marks").replaceChildren();
  by("flags").textContent = problem;
  by("flags").hidden = false;
  by("landmarks").replaceChildren();
}

async function askGuess(index, first) {
  const guess = await ask(`images/${index}/guess`).catch(() => ({ waiting: false }));
  if (index !== current || !photo) return;
  if (guess.waiting) {
    by("where").textContent = `${guess.status} …`;
    setTimeout(() => askGuess(index, first), 300);
    return;
  }
  photo.guess = guess;
  by("where").textContent = "";
  if (guess.source) by("guesser").textContent = guess.source;
  if (first) selected = allPoints().find((point) => point.old === null)?.name ?? selected;
  if (first && view.isWhole) face();
  render();
  heat();
}

function go(direction) {
  const place = rows.findIndex((row) => row.index === current);
  const next = rows[place + direction];
  if (next) open(next.index);
  else say("", direction > 0 ? "That was the last photograph of the list" : "That is the first photograph of the list");
}

function step(direction) {
  const names = about.schema.landmarks.map(({ name }) => name);
  selected = names[(names.indexOf(selected) + direction + names.length) % names.length];
  render();
  bringIntoView();
  heat();
}

function select(name) {
  selected = name;
  render();
  heat();
}

function bringIntoView() {
  const place = photo && placeOf(pointOf(selected));
  if (!place) return;
  const [x, y] = view.toScreen(place),
    [width, height] = view.size,
    edge = 40;
  if (x < edge || y < edge || x > width - edge || y > height - edge) view.centre(place);
}

// --- views

function face() {
  const places = allPoints().map(placeOf).filter(Boolean);
  if (places.length > 1) view.fit(places, 1.5);
  else view.whole();
}

function showPart(names) {
  const places = names.map((name) => placeOf(pointOf(name))).filter(Boolean);
  const all = allPoints().map(placeOf).filter(Boolean);
  const extent = Math.max(
    ...[0, 1].map(
      (axis) => Math.max(...all.map((place) => place[axis])) - Math.min(...all.map((place) => place[axis])),
    ),
  );
  if (places.length) view.fit(places, 1.7, extent * 0.12);
  if (!names.includes(selected)) select(names[0]);
}

async function heat() {
  by("heat").replaceChildren();
  if (!shows.heatmap || !photo?.guess?.heatmaps) return;
  const [index, name] = [current, selected];
  const found = await askHeatmap(index, name).catch(() => null);
  if (!found || index !== current || name !== selected || !shows.heatmap) return;
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

function toggle(name) {
  if (by(name).disabled) return;
  shows[name] = !shows[name];
  by(name).setAttribute("aria-pressed", shows[name]);
  drawMarks();
  if (name === "heatmap") heat();
}

// --- drawing

function drawMarks() {
  draw(by("marks"), view, shownPoints(), selected, shows);
}

function measure() {
  const points = new Map(shownPoints().map((point) => [point.name, point]));
  const found = photo.guess?.measurements;
  const mmPerPx = Number(photo.attributes.mm_per_px);
  const pointNamed = (name) => points.get(name);
  showMeasurements(by("measurements").tBodies[0], about.schema.measurements, pointNamed, mmPerPx, found);
}

function render() {
  if (!photo) return;
  const points = allPoints(),
    point = pointOf(selected),
    place = placeOf(point);
  drawMarks();
  showLandmarks(by("landmarks"), points, selected, about.labelling ? "face mesh" : "detector");
  by(`landmark-${points.findIndex((one) => one.name === selected)}`)?.scrollIntoView({ block: "nearest" });
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
  stage.classList.toggle("places", !place && !point.said);
  const flags = [photo.warning, ...(photo.guess?.flags ?? [])].filter(Boolean);
  by("flags").hidden = !flags.length;
  by("flags").textContent = flags.join(" · ").replaceAll("_", " ");
}

let drawn = "";
function renderList() {
  rows = inOrder(images, by("shown").value, by("search").value);
  const now = JSON.stringify([rows, current]);
  if (now === drawn) return;
  drawn = now;
  showImages(by("list"), rows, current, about.schema.landmarks.length);
}

async function poll() {
  try {
    const told = await ask("images");
    if (!saver.waiting.length) images = told.images;
    const done = images.filter((image) => image.checked).length;
    by("status").textContent = `${done} of ${images.length} checked. ${told.status}`;
    by("status").classList.toggle("broken", told.broken);
    renderList();
  } catch (problem) {
    if (!saver.waiting.length)
      say("bad", `rtl-app does not answer (${problem.message}): start it again and open the address that it prints`);
  }
  setTimeout(poll, POLL);
}

// --- what mouse, keys and buttons act on

// Place the selected landmark, and go on with the next that has none.
function placeNext(point) {
  changePoint(selected, rounded(inside(point)));
  const next = allPoints().find((one) => one.old === null && !one.model);
  if (next) select(next.name);
}

const page = {
  ready: () => photo !== null,
  selected: () => selected,
  placeOf: (name) => placeOf(pointOf(name)),
  place: (name, point) => changePoint(name, rounded(inside(point))),
  placeInMiddle: () => placeOf(pointOf(selected)) || placeNext(view.toPhoto(view.size.map((side) => side / 2))),
  preview(name, point) {
    dragged = name && { name, point: rounded(inside(point)) };
    drawMarks();
    measure();
  },
  notVisible: () => changePoint(selected, "not visible", "not visible"),
  deletePoint: () => by("delete").disabled || changePoint(selected, "deleted", "deleted"),
  part: (index) => about.schema.parts[index] && showPart(about.schema.parts[index].landmarks),
  larger: () => view.zoom(1.25),
  smaller: () => view.zoom(0.8),
  toggleChecked: () => attribute("checked", photo.attributes.checked ? "" : "yes"),
  help: () => by("help").showModal(),
  undo: () => reverse("undo"),
  redo: () => reverse("redo"),
  ...{
    accept,
    acceptRest,
    attribute,
    bringIntoView,
    face,
    go,
    nudge,
    open,
    placeNext,
    renderList,
    say,
    select,
    step,
    toggle,
  },
};

// --- start

async function start() {
  about = await ask("session");
  images = (await ask("images")).images;
  by("folder").textContent = about.folder.split(/[\\/]/).filter(Boolean).pop() ?? about.folder;
  by("folder").title = about.folder;
  if (about.labelling) by("guesser").textContent = "face mesh";
  listenToMouse(stage, view, page);
  showKeys(by("keys"), listenToKeys(stage, view, page));
  listenToButtons(about.schema.parts, view, page);
  renderList();
  if (rows.length) await open(rows[0].index);
  stage.focus({ preventScroll: true });
  setTimeout(poll, 300);
}

start().catch((problem) => closed(problem.message));
