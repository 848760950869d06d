// What the page knows: the folder's photographs, the open one, what is said of its landmarks, what is shown.

export const by = (id) => document.getElementById(id);

export const state = {
  about: null, // what does not change, see `Session.about`
  images: [], // the folder's photographs, by index
  done: null, // the indices of those that were checked when the page was opened
  order: [], // all of them, in the order of work
  rows: [], // those that the list shows, in this order
  current: -1, // index of the photograph that was asked for last
  opening: 0, // its number: an answer that was asked for in an earlier opening is let go
  photo: null, // it, once it is there: what people said, its guess, its stacks of undo and redo
  touched: false, // whether somebody has pressed a key or a button, or turned the wheel, since the opening
  selected: "", // a landmark's name, or that of an end of the ruler: then the scale tool is open
  landmark: "", // the landmark that was selected last
  held: null, // what the mouse holds, see mouse.js: `to` is where a point is being dragged, `name` which
  shows: { heatmap: false, radius: true, model: true },
};

// Who guesses, in a sentence.
export const guesser = () => (state.about.labelling ? "face mesh" : "detector");

export const isEnd = (name) => state.about.ruler.ends.some((end) => end.name === name);
export const isLandmark = (name) => state.about.schema.landmarks.some((landmark) => landmark.name === name);

// A landmark, or an end of the ruler: `old` is what people said of it, `human` their place, `said` their word, `model` the guess.
export function pointOf(name) {
  const { about, photo } = state;
  const what = [...about.schema.landmarks, ...about.ruler.ends].find((one) => one.name === name);
  const said = photo.points[name] ?? null,
    guess = photo.guess?.points?.[name] ?? null,
    held = state.held?.name === name ? state.held.to : null;
  return {
    ...what,
    old: said,
    human: held ?? (Array.isArray(said) ? said : null),
    said: typeof said === "string" && !held ? said : "",
    model: guess,
    radius: photo.guess?.radius?.[name] ?? null,
  };
}

export const allPoints = () => state.about.schema.landmarks.map(({ name }) => pointOf(name));
export const rulerEnds = () => state.about.ruler.ends.map(({ name }) => pointOf(name));
// The selected one, and those that one steps to from it.
export const siblings = () => (isEnd(state.selected) ? rulerEnds() : allPoints());
export const placeOf = (point) => point.human || (point.said ? null : point.model);
// Nobody has said anything of it, and nothing is guessed: the next click places it. A ruler that was removed may come
// again.
export const isOpen = (point) => !placeOf(point) && (point.old === null || isEnd(point.name));
// As the journal has it: (0, 0) is for readers a landmark that was never placed.
export function rounded(point) {
  const found = point.map((value) => Math.round(value * 100) / 100);
  return found.some(Boolean) ? found : [0.01, 0];
}
export const inside = ([x, y]) => [
  Math.min(Math.max(x, -0.5), state.photo.width - 0.5),
  Math.min(Math.max(y, -0.5), state.photo.height - 0.5),
];
