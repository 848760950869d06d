// The folder's photographs: one is open, and gets its guess; the list is asked for anew; what is saved is told.

import { clear, render, renderList, stage, view } from "./drawing.js";
import { isOfChosen } from "./faces.js";
import { fill, notSaved } from "./fields.js";
import { stacks } from "./history.js";
import { face, heat, select } from "./looking.js";
import { address, ask } from "./requests.js";
import { namesIn, Saver } from "./saver.js";
import { allPoints, by, isEnd, isLandmark, state } from "./state.js";
import { ofPhoto, pass, right, tellSaving, wrong } from "./telling.js";

const POLL = 2500; // ms between looks at the list
const AGAIN = 300; // ms between questions for a guess
const CHANGED = 409; // HTTP's status: the file is another one
const RETRY = 1000; // ms after one that was not answered

export const saver = new Saver({
  tell: tellSaving,
  wrong: (problem) => wrong("saver", problem),
  saved(image, body, told, left) {
    if (image === state.current && body.sha256 === state.photo?.sha256 && !left) Object.assign(state.photo, told);
    Object.assign(state.images[image], {
      said: Object.keys(told.points).filter(isLandmark).length,
      checked: "checked" in told.attributes,
    });
    for (const name of namesIn(body)) wrong(ofPhoto(image, name), "");
    if (image === state.current && state.photo && namesIn(body).includes(state.about.face)) askGuess(state.opening, true);
    by("notes").textContent = ""; // they were of a table without this
    render();
    renderList();
  },
  refused(image, problem, { number, names }) {
    const many = number > 1 ? ` (${number} changes)` : "";
    for (const name of names) notSaved(image, name, `${many}: ${problem}`);
    if (image === state.current) open(image, true);
  },
});

// Show a photograph; `anew` as it is saved, where what was shown is not.
export async function open(index, anew = false) {
  if (index === state.current && state.photo && !anew) return;
  const opening = state.opening + 1;
  Object.assign(state, { current: index, opening, photo: null, held: null, touched: anew });
  clear();
  fill({}, true, anew);
  renderList();
  try {
    await saver.done(index);
    const told = await ask(`images/${index}`);
    if (opening !== state.opening) return;
    await view.show(index, told, state.about.tile, anew);
    if (opening !== state.opening) return;
    state.photo = { ...told, stacks: stacks(told.history), guess: null };
  } catch (problem) {
    if (opening === state.opening) closed(problem.message, state.images[index].name);
    return;
  }
  begin(anew);
  askGuess(opening);
}

// It is there.
function begin(anew) {
  const { about, current, photo, selected, landmark } = state;
  if (!anew) right(current);
  // Told here and not in the page's title: a browser's history keeps titles, on the disk and in its maker's cloud.
  const what = `Photograph ${photo.name}: arrow keys move the selected landmark by a quarter of a pixel`;
  stage.setAttribute("aria-label", what);
  fill(photo.attributes, false, anew);
  const stays = isLandmark(selected) || (anew && isEnd(selected)); // the scale tool is open for one photograph
  select(stays ? selected : landmark || about.schema.landmarks[0].name);
  by(`image-${current}`)?.scrollIntoView({ block: "nearest" });
}

// There is nothing to show, and this is why.
export function closed(problem, name = "") {
  clear();
  if (name) stage.setAttribute("aria-label", `Photograph ${name}`);
  by("flags").textContent = problem;
  by("flags").hidden = false;
}

// `chosen`: whether somebody has just chosen its face, which is then shown.
async function askGuess(opening, chosen = false) {
  const { current, photo } = state;
  let guess = null;
  try {
    guess = await ask(address(current, photo.sha256, "guess"));
  } catch ({ status }) {
    if (status === CHANGED && opening === state.opening) open(current, true);
  }
  if (opening !== state.opening) return;
  if (!guess || guess.waiting) {
    if (guess) by("where").textContent = `${guess.status} …`;
    setTimeout(() => opening === state.opening && askGuess(opening, chosen), guess ? AGAIN : RETRY);
    return;
  }
  if (!isOfChosen(guess)) return; // another one was chosen meanwhile, and is asked for once that is saved
  state.photo.guess = guess;
  if (guess.source) by("guesser").textContent = guess.source;
  if (state.touched) {
    render();
    heat();
    if (chosen) face();
    return;
  }
  select(allPoints().find((point) => point.old === null)?.name ?? state.selected);
  if (view.isWhole) face();
}

export function go(direction) {
  if (state.held) return;
  const place = state.order.findIndex((row) => row.index === state.current); // its row may be shown no longer
  const shown = new Set(state.rows.map((row) => row.index));
  const way = direction > 0 ? state.order.slice(place + 1) : state.order.slice(0, Math.max(0, place)).reverse();
  const next = way.find((row) => shown.has(row.index));
  if (next) open(next.index);
  else pass(direction > 0 ? "That was the last photograph of the list" : "That is the first photograph of the list");
}

// Ask for the list.
export async function list() {
  const told = await ask("images");
  wrong("server", "");
  if (!saver.waiting.length) state.images = told.images;
  state.done ??= new Set(told.images.flatMap((image, index) => (image.checked ? [index] : [])));
  const done = state.images.filter((image) => image.checked).length;
  by("status").textContent = `${done} of ${state.images.length} checked. ${told.status}`;
  by("status").classList.toggle("broken", told.broken);
  renderList();
}

export async function poll() {
  try {
    await list();
  } catch (problem) {
    const told = `rtl-app does not answer (${problem.message}): start it again and open the address that it prints`;
    wrong("server", saver.waiting.length ? "" : told);
  }
  setTimeout(poll, POLL);
}
