// The keys, and the table that explains them.

const STEP = 0.25; // original px, of an arrow key
const LONG_STEP = 2; // with Shift
const PAN = 60; // screen px, with Ctrl
const ONCE = new Set(["Enter", " ", "a", "A", "c", "C"]); // however long they are held, also by buttons
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// `page`: what is on the page; see page.js. The rows of the table: keys, what they do.
export function listen(stage, view, page) {
  const keys = [
    ["← → ↑ ↓", "move the landmark by 0.25 px; with Shift by 2 px"],
    ["Ctrl + arrow", "move the view; or drag the photograph"],
    [", .", "landmark before, after", { ",": () => page.step(-1), ".": () => page.step(1) }],
    ["A", `accept the ${page.guesser()}'s place, next landmark`, { a: page.accept }],
    [
      "Space",
      "put a landmark without a place into the middle of the view; with Shift also one that is not visible or deleted",
      { " ": page.placeInMiddle },
    ],
    ["X", "not visible", { x: page.notVisible }],
    ["Delete", "delete the point", { Delete: page.deletePoint, Backspace: page.deletePoint }],
    ["S", "scale by a ruler or a sticker: its two points are placed and moved like landmarks", { s: page.toggleScale }],
    ["Z, Y", "undo, redo (with or without Ctrl)", { z: page.undo, y: page.redo }],
    ["Enter", "accept the rest, next photograph", { Enter: page.acceptRest }],
    ["C", "checked, or not yet", { c: page.toggleChecked }],
    ["N, P", "next, previous photograph", { n: () => page.go(1), p: () => page.go(-1) }],
    ["0", "the whole photograph", { 0: () => view.whole() }],
    ["F", "the face", { f: page.face }],
    ["B", "of several faces of the photograph, the next", { b: page.nextFace }],
    [
      "1 to 9",
      "a part of the face",
      Object.fromEntries([..."123456789"].map((key) => [key, () => page.part(key - 1)])),
    ],
    ["+ −", "larger, smaller; or the wheel", { "+": page.larger, "=": page.larger, "-": page.smaller }],
    ["H", "heatmap of the selected landmark", { h: () => page.toggle("heatmap") }],
    ["R, M", `radius, ${page.guesser()}'s points`, { r: () => page.toggle("radius"), m: () => page.toggle("model") }],
    ["double click", "move the selected landmark there"],
    ["?", "this table", { "?": page.help }],
  ];
  const actions = Object.assign({}, ...keys.map(([, , actions]) => actions ?? {}));
  const always = new Set(["n", "p", "?"]); // where no photograph is open, too

  function actionOf(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const arrow = ARROWS[key];
    const list = event.target.closest("#list, #landmarks, #values")?.id;
    if (list === "values" && arrow?.[1]) return null; // they scroll
    if (list && arrow?.[1]) return () => (list === "list" ? page.go(arrow[1]) : page.ready() && page.step(arrow[1]));
    if (list === "list" && key === "Enter") return () => stage.focus();
    if (key === "PageDown" || key === "PageUp") return () => page.go(key === "PageDown" ? 1 : -1);
    if (!page.ready() && !always.has(key)) return null;
    if (arrow && event.ctrlKey) return () => view.pan(-PAN * arrow[0], -PAN * arrow[1]);
    if (arrow) return () => page.nudge(...arrow.map((way) => way * (event.shiftKey ? LONG_STEP : STEP)));
    if (event.shiftKey && key === " ") return page.placeAllTheSame;
    if (event.ctrlKey && key === "z") return event.shiftKey ? page.redo : page.undo;
    if (event.ctrlKey && key === "y") return page.redo;
    return event.ctrlKey ? null : actions[key];
  }

  document.addEventListener("keydown", (event) => {
    const onButton = event.target.closest("button, a") && (event.key === "Enter" || event.key === " ");
    if (event.target.closest("input, select, dialog") || event.altKey || event.metaKey) return;
    if (event.repeat && ONCE.has(event.key)) return event.preventDefault(); // nobody has looked at what would be next
    if (onButton) return;
    const act = actionOf(event);
    if (act) {
      event.preventDefault();
      act();
    }
  });
  return keys;
}
