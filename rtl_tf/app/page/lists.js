// The lists: photographs, flagged ones first, landmarks, measurements.

import { NONE, shown, shownInterval } from "./measure.js";

// Photographs in the order of work: flagged, others, `done` = those that were checked when the page was opened,
// unreadable; by name within. What is checked meanwhile stays where it is, and so does everybody's place. Those of a
// table are `ordered`: they stay as it has them.
export function inOrder(images, done, ordered) {
  const rank = ({ problem, index, flags }) => (problem ? 3 : done.has(index) ? 2 : flags.length ? 0 : 1);
  return images
    .map((image, index) => ({ ...image, index }))
    .sort((one, other) => (ordered ? 0 : rank(one) - rank(other)) || one.index - other.index);
}

export const isWanted = (image, which, search) =>
  image.name.toLowerCase().includes(search.toLowerCase()) &&
  (which === "all" || (which === "flagged" ? image.flags.length > 0 : !image.checked));

export function showImages(list, images, current, landmarks) {
  show(
    list,
    images.map((image) => {
      const row = option(`image-${image.index}`, image.index === current);
      row.dataset.index = image.index;
      const state = part(
        row,
        "state",
        image.checked ? "\u2713 checked" : image.said ? `${image.said} of ${landmarks}` : "",
      );
      if (image.checked) state.classList.add("checked");
      part(row, "name", image.name);
      for (const flag of image.flags) part(row, "flag", flag.replaceAll("_", " "));
      return row;
    }),
    `image-${current}`,
  );
}

export function showLandmarks(list, points, selected, guesser) {
  show(
    list,
    points.map((point, index) => {
      const row = option(`landmark-${index}`, point.name === selected);
      row.dataset.landmark = point.name;
      row.title = point.anatomy;
      part(row, "state", point.said || (point.human ? "placed" : point.model ? guesser : "no place"));
      const label = document.createElement("b");
      label.textContent = point.label;
      row.append(label, point.name.replaceAll("_", " "));
      return row;
    }),
    `landmark-${points.findIndex((point) => point.name === selected)}`,
  );
}

// Of `points` = [{name, place, byHand}]: below a value its interval, else who guessed points of it; below its name why
// it does not stand for the head's, else its z-scores. `worth` = {scale: see scale.js, intervals, scores, outside}.
export function showMeasurements(table, measurements, points, { scale, intervals, scores, outside }, guesser) {
  const { mmPerPx } = scale;
  const named = new Map(points.map((point) => [point.name, point]));
  const rows = measurements.map((measurement) => {
    const own = measurement.points.map((name) => named.get(name));
    const isKnown = own.every(({ place }) => place);
    const isGuessed = isKnown && !own.every(({ byHand }) => byHand);
    const errs = isGuessed || (isKnown && scale.error && measurement.unit === "mm");
    const interval = errs && intervals[measurement.name];
    const reason = isKnown && outside[measurement.name];
    const [text, note] = [
      isKnown
        ? shown(
            measurement,
            own.map(({ place }) => place),
            mmPerPx,
          )
        : NONE,
      interval ? shownInterval(measurement, interval, mmPerPx) : isGuessed ? `with the ${guesser}\u2019s points` : "",
    ];
    const row = cells(measurement.name.replaceAll("_", " "), text, note);
    for (const line of reason ? [reason] : (isKnown && scores[measurement.name]) || [])
      row.firstChild.append(Object.assign(document.createElement("small"), { textContent: line }));
    row.classList.toggle("outside", Boolean(reason));
    row.title = `${measurement.meaning} (stands for the head's in views: ${measurement.views.join(", ")})`;
    row.dataset.measurement = measurement.name;
    return row;
  });
  table.replaceChildren(...rows);
}

export function showKeys(table, keys) {
  for (const [names, what] of keys) {
    table.append(cells(names, what, ""));
  }
}

function cells(name, value, note) {
  const row = document.createElement("tr"),
    head = document.createElement("th"),
    cell = document.createElement("td");
  head.scope = "row";
  head.textContent = name;
  cell.textContent = value;
  if (note) cell.append(Object.assign(document.createElement("small"), { textContent: note }));
  row.append(head, cell);
  return row;
}

function option(id, selected) {
  const row = document.createElement("li");
  row.id = id;
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", selected);
  return row;
}

function part(row, name, text) {
  const made = Object.assign(document.createElement("span"), { className: name, textContent: text });
  row.append(made);
  return made;
}

// Rows that are there already stay: somebody may be pressing one.
function show(list, rows, current) {
  const place = list.scrollTop;
  if (list.innerHTML !== rows.map((row) => row.outerHTML).join("")) list.replaceChildren(...rows);
  list.scrollTop = place;
  list.setAttribute("aria-activedescendant", document.getElementById(current) ? current : "");
}
