// Buttons, lists and fields.

const by = (id) => document.getElementById(id);

// `page`: what is on the page; see page.js.
export function listen(parts, view, page) {
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
  const ofPoint = { accept: page.accept, hidden: page.notVisible, delete: page.deletePoint, finish: page.acceptRest };
  for (const [id, act] of Object.entries(always)) by(id).addEventListener("click", () => act());
  for (const [id, act] of Object.entries({ ...ofPhoto, ...ofPoint }))
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
  by("mm").addEventListener("change", () => {
    const text = by("mm").value.trim().replace(",", ".");
    const value = Number(text);
    const right = !text || (value >= 0.001 && value <= 100);
    page.wrongScale(right ? "" : "mm in one px is a number from 0.001 to 100");
    if (right) page.attribute("mm_per_px", text && String(value));
  });
}
