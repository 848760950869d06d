// The mouse over the photograph: points are dragged, the photograph is moved, a click places what has no place.

import { state } from "./state.js";

const CLICK = 4; // screen px that a click may move
const TWICE = 500; // ms within which a second click belongs to the first

// `page`: what is on the page; see page.js. What is held is in the state, and goes with the photograph.
export function listen(stage, view, page) {
  let placed = -Infinity; // when a click last put a landmark down
  const heldBy = (event) => (state.held?.pointer === event.pointerId ? state.held : null);

  stage.addEventListener("pointerdown", (event) => {
    if (!page.ready() || event.button !== 0) return;
    const name = event.target.closest?.("[data-landmark]")?.dataset.landmark ?? null;
    const at = view.local(event);
    stage.setPointerCapture(event.pointerId);
    if (name) page.select(name);
    const [from, under] = [name && page.placeOf(name), view.toPhoto(at)];
    const offset = from && [0, 1].map((axis) => from[axis] - under[axis]);
    state.held = { name, offset, at, last: at, pointer: event.pointerId, moved: false, to: null };
    stage.focus({ preventScroll: true });
  });

  stage.addEventListener("pointermove", (event) => {
    const held = heldBy(event);
    if (!held) return;
    const at = view.local(event);
    held.moved ||= Math.hypot(at[0] - held.at[0], at[1] - held.at[1]) > CLICK;
    if (!held.moved) return;
    if (held.offset) {
      const under = view.toPhoto(at); // of the view as it is now: it may have been zoomed since
      held.to = page.onPhoto([0, 1].map((axis) => under[axis] + held.offset[axis]));
      page.moved();
    } else view.pan(at[0] - held.last[0], at[1] - held.last[1]);
    held.last = at;
  });

  stage.addEventListener("pointerup", (event) => {
    const done = heldBy(event);
    if (!done) return;
    state.held = null;
    page.moved();
    if (done.to) page.place(done.name, done.to);
    else if (!done.name && !done.moved && page.isOpen() && event.timeStamp - placed > TWICE) {
      placed = event.timeStamp;
      page.placeNext(view.toPhoto(view.local(event)));
    }
  });

  // After each release, and where there is none, as when the system takes the pointer away.
  stage.addEventListener("lostpointercapture", (event) => {
    if (!heldBy(event)) return;
    state.held = null;
    page.moved();
  });

  stage.addEventListener("dblclick", (event) => {
    if (!page.ready() || event.target.closest("[data-landmark]") || event.timeStamp - placed < 2 * TWICE) return;
    page.place(page.selected(), view.toPhoto(view.local(event)));
  });
}
