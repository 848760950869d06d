// The mouse over the photograph: points are dragged, the photograph is moved, a click places what has no place.

const CLICK = 4; // screen px that a click may move
const TWICE = 500; // ms within which a second click belongs to the first

// `page`: what is on the page; see page.js.
export function listen(stage, view, page) {
  let held = null,
    placed = -Infinity; // when a click last put a landmark down

  stage.addEventListener("pointerdown", (event) => {
    if (!page.ready() || event.button !== 0) return;
    const name = event.target.closest?.("[data-landmark]")?.dataset.landmark ?? null;
    const at = view.local(event);
    stage.setPointerCapture(event.pointerId);
    held = { name, at, last: at, from: name && page.placeOf(name), moved: false };
    if (name) page.select(name);
    stage.focus({ preventScroll: true });
  });

  stage.addEventListener("pointermove", (event) => {
    if (!held || !page.ready()) return;
    const at = view.local(event);
    held.moved ||= Math.hypot(at[0] - held.at[0], at[1] - held.at[1]) > CLICK;
    if (!held.moved) return;
    if (held.name) {
      held.to = [0, 1].map((axis) => held.from[axis] + (at[axis] - held.at[axis]) / view.scale);
      page.preview(held.name, held.to);
    } else view.pan(at[0] - held.last[0], at[1] - held.last[1]);
    held.last = at;
  });

  stage.addEventListener("pointerup", (event) => {
    const done = held;
    held = null;
    if (!done || !page.ready()) return;
    page.preview(null);
    if (done.name && done.to) page.place(done.name, done.to);
    else if (!done.name && !done.moved && page.isOpen() && event.timeStamp - placed > TWICE) {
      placed = event.timeStamp;
      page.placeNext(view.toPhoto(view.local(event)));
    }
  });

  stage.addEventListener("pointercancel", () => {
    held = null;
    if (page.ready()) page.preview(null);
  });

  stage.addEventListener("dblclick", (event) => {
    if (!page.ready() || event.target.closest("[data-landmark]") || event.timeStamp - placed < 2 * TWICE) return;
    page.place(page.selected(), view.toPhoto(view.local(event)));
  });
}
