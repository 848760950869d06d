// The page: one photograph at a time, its landmarks moved by mouse or keys, every change sent at once.

import { record, reversal, stacks } from "./history.js";
import { inOrder, showImages, showLandmarks, showMeasurements } from "./lists.js";
import { draw } from "./marks.js";
import { ask, askHeatmap, Saver } from "./requests.js";
import { element, View } from "./view.js";

const STEP = 0.25,
  LONG_STEP = 2; // original px, of an arrow key, and with Shift
const POLL = 2500; // ms between looks at the list
const CLICK = 4; // screen px that a click may move
const by = (id) => document.getElementById(id);
const stage = by("stage");

let about,
  images = [],
  rows = [],
  current = -1,
  photo = null,
  selected = "",
  parts = [];
const shows = { heatmap: false, radius: true, model: true };
const view = new View(stage, by("scene"), by("photo"), () => photo && drawMarks());
const saver = new Saver({
  told: (kind, text) => say(kind, text),
  saved(image, told, left) {
    if (image === current && !left) Object.assign(photo, told);
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
    guess = photo.guess?.points?.[name] ?? null;
  return {
    ...landmark,
    old: said,
    human: Array.isArray(said) ? said : null,
    said: typeof said === "string" ? said : "",
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

function render() {
  if (!photo) return;
  const points = allPoints(),
    point = pointOf(selected),
    place = placeOf(point);
  drawMarks();
  showLandmarks(by("landmarks"), points, selected, about.labelling ? "face mesh" : "detector");
  by(`landmark-${points.findIndex((one) => one.name === selected)}`)?.scrollIntoView({ block: "nearest" });
  showMeasurements(
    by("measurements").tBodies[0],
    about.schema.measurements,
    (name) => shownPoints().find((one) => one.name === name),
    Number(photo.attributes.mm_per_px),
    photo.guess?.measurements,
  );
  const what = about.schema.landmarks.find((one) => one.name === selected);
  by("where").textContent =
    `${what.label} ${what.name.replaceAll("_", " ")}: ${place ? `x ${place[0].toFixed(2)}, y ${place[1].toFixed(2)} px` : point.said || "no place"} – ${what.anatomy}`;
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

// --- mouse

let held = null;
stage.addEventListener("pointerdown", (event) => {
  if (!photo || event.button !== 0) return;
  const name = event.target.closest?.("[data-landmark]")?.dataset.landmark ?? null;
  stage.setPointerCapture(event.pointerId);
  const at = view.local(event);
  held = { name, at, last: at, from: name && placeOf(pointOf(name)), moved: false };
  if (name && name !== selected) select(name);
  stage.focus({ preventScroll: true });
});
stage.addEventListener("pointermove", (event) => {
  if (!held || !photo) return;
  const at = view.local(event);
  held.moved ||= Math.hypot(at[0] - held.at[0], at[1] - held.at[1]) > CLICK;
  if (!held.moved) return;
  if (held.name) {
    held.to = rounded(inside([0, 1].map((axis) => held.from[axis] + (at[axis] - held.at[axis]) / view.scale)));
    const points = shownPoints().map((point) => (point.name === held.name ? { ...point, human: held.to } : point));
    draw(by("marks"), view, points, selected, shows);
    showMeasurements(
      by("measurements").tBodies[0],
      about.schema.measurements,
      (name) => points.find((one) => one.name === name),
      Number(photo.attributes.mm_per_px),
      photo.guess?.measurements,
    );
  } else view.pan(at[0] - held.last[0], at[1] - held.last[1]);
  held.last = at;
});
stage.addEventListener("pointerup", (event) => {
  const done = held;
  held = null;
  if (!done || !photo) return;
  if (done.name && done.to) changePoint(done.name, done.to);
  else if (!done.name && !done.moved && !placeOf(pointOf(selected))) putAt(view.local(event));
  else render();
});
stage.addEventListener("pointercancel", () => {
  held = null;
  if (photo) render();
});
stage.addEventListener("dblclick", (event) => {
  if (photo && !event.target.closest("[data-landmark]"))
    changePoint(selected, rounded(inside(view.toPhoto(view.local(event)))));
});

// Place the selected landmark, and go on with the next that has none.
function putAt(screen) {
  changePoint(selected, rounded(inside(view.toPhoto(screen))));
  const next = allPoints().find((point) => point.old === null && !point.model);
  if (next) select(next.name);
}

// --- keys

const KEYS = [
  ["← → ↑ ↓", "move the landmark by 0.25 px; with Shift by 2 px", null],
  ["Ctrl + arrow", "move the view", null],
  [", .", "landmark before, after", { ",": () => step(-1), ".": () => step(1) }],
  ["A", "accept the detector's place, next landmark", { a: accept }],
  [
    "Space",
    "put a landmark without a place into the middle of the view",
    {
      " ": () => {
        if (!placeOf(pointOf(selected))) putAt(view.size.map((side) => side / 2));
      },
    },
  ],
  ["X", "not visible", { x: () => changePoint(selected, "not visible", "not visible") }],
  ["Delete", "delete the point", { Delete: () => by("delete").click(), Backspace: () => by("delete").click() }],
  ["Z, Y", "undo, redo (with or without Ctrl)", { z: () => reverse("undo"), y: () => reverse("redo") }],
  ["Enter", "accept the rest, next photograph", { Enter: acceptRest }],
  [
    "N, P",
    "next, previous photograph",
    { n: () => go(1), p: () => go(-1), PageDown: () => go(1), PageUp: () => go(-1) },
  ],
  ["0", "the whole photograph", { 0: () => view.whole() }],
  ["F", "the face", { f: face }],
  [
    "1 to 9",
    "a part of the face",
    Object.fromEntries(
      [...Array(9).keys()].map((index) => [index + 1, () => parts[index] && showPart(parts[index].landmarks)]),
    ),
  ],
  ["+ −", "larger, smaller", { "+": () => view.zoom(1.25), "=": () => view.zoom(1.25), "-": () => view.zoom(0.8) }],
  [
    "H, R, M",
    "heatmap, radius, detector's points",
    { h: () => toggle("heatmap"), r: () => toggle("radius"), m: () => toggle("model") },
  ],
  ["?", "this list", { "?": () => by("help").showModal() }],
];
const ACTIONS = Object.assign({}, ...KEYS.map(([, , actions]) => actions));
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

document.addEventListener("keydown", (event) => {
  const inField = event.target.closest("input, select, dialog");
  const onButton = event.target.closest("button, a") && (event.key === "Enter" || event.key === " ");
  if (inField || onButton || event.altKey || event.metaKey) return;
  const arrow = ARROWS[event.key],
    list = event.target.closest("#list, #landmarks");
  let act = null;
  if (list && arrow && arrow[1]) act = () => (list.id === "list" ? go(arrow[1]) : photo && step(arrow[1]));
  else if (list && event.key === "Enter" && list.id === "list") act = () => stage.focus();
  else if (arrow && photo && event.ctrlKey) act = () => view.pan(-60 * arrow[0], -60 * arrow[1]);
  else if (arrow && photo)
    act = () => nudge(...arrow.map((direction) => direction * (event.shiftKey ? LONG_STEP : STEP)));
  else if (event.ctrlKey && event.key.toLowerCase() === "z") act = () => reverse(event.shiftKey ? "redo" : "undo");
  else if (event.ctrlKey && event.key.toLowerCase() === "y") act = () => reverse("redo");
  else if (!event.ctrlKey) {
    const action = ACTIONS[event.key] ?? ACTIONS[event.key.toLowerCase()];
    const needsNone = "nNpP?".includes(event.key) || event.key.startsWith("Page");
    act = action && (photo || needsNone) ? action : null;
  }
  if (act) {
    event.preventDefault();
    act();
  }
});

// --- start

function onClick(id, act) {
  by(id).addEventListener("click", () => {
    act();
  });
}

async function start() {
  about = await ask("session");
  images = (await ask("images")).images;
  parts = about.schema.parts;
  by("folder").textContent = about.folder.split(/[\\/]/).filter(Boolean).pop() ?? about.folder;
  by("folder").title = about.folder;
  if (about.labelling) by("guesser").textContent = "face mesh";
  const views = [
    ["Whole", "0", () => view.whole()],
    ["Face", "F", face],
    ...parts
      .slice(0, 9)
      .map((part, index) => [part.name.replaceAll("_", " "), `${index + 1}`, () => showPart(part.landmarks)]),
  ];
  by("parts").append(
    ...views.map(([name, key, act]) => {
      const button = Object.assign(document.createElement("button"), { textContent: name, title: `${name} (${key})` });
      button.addEventListener("click", () => photo && act());
      return button;
    }),
  );
  by("keys").append(
    ...KEYS.map(([keys, what]) => {
      const row = document.createElement("tr"),
        head = document.createElement("th");
      head.scope = "row";
      head.textContent = keys;
      row.append(head, Object.assign(document.createElement("td"), { textContent: what }));
      return row;
    }),
  );
  onClick("zoom-in", () => view.zoom(1.25));
  onClick("zoom-out", () => view.zoom(0.8));
  for (const name of ["heatmap", "radius", "model"]) onClick(name, () => toggle(name));
  onClick("undo", () => reverse("undo"));
  onClick("redo", () => reverse("redo"));
  onClick("help-button", () => by("help").showModal());
  onClick("accept", accept);
  onClick("hidden", () => changePoint(selected, "not visible", "not visible"));
  onClick("delete", () => changePoint(selected, "deleted", "deleted"));
  onClick("finish", () => photo && acceptRest());
  onClick("next", () => go(1));
  onClick("previous", () => go(-1));
  by("list").addEventListener("click", (event) => {
    const row = event.target.closest("[data-index]");
    if (row) open(Number(row.dataset.index));
  });
  by("landmarks").addEventListener("click", (event) => {
    const row = event.target.closest("[data-landmark]");
    if (row) {
      select(row.dataset.landmark);
      bringIntoView();
    }
  });
  by("subject").addEventListener("change", () => attribute("subject", by("subject").value));
  by("mm").addEventListener("change", () => {
    const value = Number(by("mm").value.replace(",", "."));
    if (by("mm").value && !(value >= 0.001 && value <= 100)) {
      say("bad", "NOT SAVED: mm in one px is a number from 0.001 to 100");
      return;
    }
    attribute("mm_per_px", by("mm").value ? String(value) : "");
  });
  by("search").addEventListener("input", renderList);
  by("shown").addEventListener("change", renderList);
  renderList();
  if (rows.length) await open(rows[0].index);
  stage.focus({ preventScroll: true });
  setTimeout(poll, 300);
}

start().catch((problem) => closed(problem.message));
