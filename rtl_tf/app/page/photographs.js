// The folder's photographs: one is open, and gets its guess; the list is asked for anew; what is saved is told.

import { render, renderList, stage, view } from "./drawing.js";
import { stacks } from "./history.js";
import { face, heat } from "./looking.js";
import { ask, Saver } from "./requests.js";
import { allPoints, by, state } from "./state.js";
import { say, wrong } from "./telling.js";

const POLL = 2500; // ms between looks at the list

export const saver = new Saver({
  told: say,
  saved(image, told, left) {
    if (state.photo && image === state.current && !left) Object.assign(state.photo, told);
    Object.assign(state.images[image], {
      said: Object.keys(told.points).length,
      checked: "checked" in told.attributes,
    });
    wrong(`photograph ${image}`, "");
    if (!left) say("", "All changes are saved");
    render();
    renderList();
  },
  refused(image, problem) {
    if (!saver.waiting.length) say("", "");
    wrong(`photograph ${image}`, `NOT SAVED, ${state.images[image].name}: ${problem}`);
    if (image === state.current) open(image, false);
  },
});

export function wrongScale(problem) {
  by("mm").setCustomValidity(problem);
  wrong("scale", problem);
}

export async function open(index, keepsView = true) {
  if (index === state.current && keepsView) return;
  state.current = index;
  state.photo = null;
  wrongScale("");
  if (keepsView) wrong(`photograph ${index}`, "");
  by("flags").hidden = true;
  try {
    await saver.done(index);
    const told = await ask(`images/${index}`);
    if (index !== state.current) return;
    state.photo = { ...told, stacks: stacks(told.history), guess: null };
  } catch (problem) {
    if (index === state.current) closed(problem.message);
    renderList();
    return;
  }
  const { about, photo } = state;
  if (!about.schema.landmarks.some((one) => one.name === state.selected))
    state.selected = about.schema.landmarks[0].name;
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

// There is nothing to show, and this is why.
export function closed(problem) {
  by("photo").replaceChildren();
  by("heat").replaceChildren();
  by("marks").replaceChildren();
  by("flags").textContent = problem;
  by("flags").hidden = false;
  by("landmarks").replaceChildren();
}

async function askGuess(index, first) {
  const guess = await ask(`images/${index}/guess`).catch(() => ({ waiting: false }));
  if (index !== state.current || !state.photo) return;
  if (guess.waiting) {
    by("where").textContent = `${guess.status} …`;
    setTimeout(() => askGuess(index, first), 300);
    return;
  }
  state.photo.guess = guess;
  by("where").textContent = "";
  if (guess.source) by("guesser").textContent = guess.source;
  if (first) state.selected = allPoints().find((point) => point.old === null)?.name ?? state.selected;
  if (first && view.isWhole) face();
  render();
  heat();
}

export function go(direction) {
  const place = state.rows.findIndex((row) => row.index === state.current);
  const next = state.rows[place + direction];
  if (next) open(next.index);
  else say("", direction > 0 ? "That was the last photograph of the list" : "That is the first photograph of the list");
}

export async function poll() {
  try {
    const told = await ask("images");
    wrong("server", "");
    if (!saver.waiting.length) state.images = told.images;
    const done = state.images.filter((image) => image.checked).length;
    by("status").textContent = `${done} of ${state.images.length} checked. ${told.status}`;
    by("status").classList.toggle("broken", told.broken);
    renderList();
  } catch (problem) {
    const told = `rtl-app does not answer (${problem.message}): start it again and open the address that it prints`;
    wrong("server", saver.waiting.length ? "" : told);
  }
  setTimeout(poll, POLL);
}
