// Buttons, lists and fields.

import { showFaces } from "./faces.js";
import { numberIn, wrongField } from "./fields.js";
import { showView } from "./head_view.js";

const by = (id) => document.getElementById(id);

// `page`: what is on the page; see page.js.
export function listen(parts, stage, view, page) {
  const views = [
    ["Whole", "0", view.whole.bind(view)],
    ["Face", "F", page.face],
    ...parts.slice(0, 9).map(({ name }, index) => [name.replaceAll("_", " "), `${index + 1}`, () => page.part(index)]),
  ];
  for (const [name, key, act] of views) {
    const button = Object.assign(document.createElement("button"), { textContent: name, title: `${name} (${key})` });
    button.addEventListener("click", () => page.ready() && act());
    by("parts").append(button);
  }
  const always = { "help-button": page.help, export: page.saveTable, next: () => page.go(1), previous: () => page.go(-1) };
  const ofPhoto = { "zoom-in": page.larger, "zoom-out": page.smaller, undo: page.undo, redo: page.redo };
  const ofScale = { scale: page.toggleScale, "scale-done": page.toggleScale, "ruler-remove": page.removeRuler };
  const ofPoint = { accept: page.accept, hidden: page.notVisible, delete: page.deletePoint, finish: page.acceptRest };
  for (const [id, act] of Object.entries(always)) by(id).addEventListener("click", () => act());
  for (const [id, act] of Object.entries({ ...ofPhoto, ...ofPoint, ...ofScale }))
    by(id).addEventListener("click", () => page.ready() && act());
  for (const name of ["heatmap", "radius", "model"]) by(name).addEventListener("click", () => page.toggle(name));

  by("list").addEventListener("click", (event) => {
    const row = event.target.closest("[data-index]");
    if (row) page.open(Number(row.dataset.index));
  });
  by("landmarks").addEventListener("click", (event) => {
    const row = event.target.closest("[data-landmark]");
    if (!row) return;
    page.select(row.dataset.landmark);
    page.bringIntoView();
  });
  by("search").addEventListener("input", page.renderList);
  by("shown").addEventListener("change", page.renderList);
  by("subject").addEventListener("change", () => page.attribute("subject", by("subject").value));
  const { lengths, mm_per_px: scales, ends } = page.ruler();
  const number = (id, what, [low, high], take) =>
    by(id).addEventListener("change", () => {
      const value = numberIn(id);
      const right = value === null || (value >= low && value <= high);
      wrongField(id, right ? "" : `${what} is a number from ${low} to ${high}`);
      if (right && page.ready()) take(value);
    });
  number("mm", "mm in one px", scales, (value) => page.attribute("mm_per_px", value === null ? "" : String(value)));
  number("ruler-mm", "mm between the points", lengths, page.rulerLength);
  by("head-view").addEventListener("change", () => {
    if (page.ready()) page.chooseView(by("head-view").value);
    showView(); // of no photograph nothing is said
  });
  by("face").addEventListener("change", () => {
    if (page.ready()) page.chooseFace(by("face").selectedIndex);
    showFaces();
  });
  for (const id of ["ruler-mm", "head-view", "face"])
    by(id).addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "Escape") stage.focus({ preventScroll: true });
    });
  for (const [index, { name }] of ends.entries())
    by(`end-${index + 1}`).addEventListener("click", () => {
      page.select(name);
      page.bringIntoView();
      stage.focus({ preventScroll: true });
    });
}
