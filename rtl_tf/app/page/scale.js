// The photograph's scale: of the ruler that somebody put on it, else what somebody typed, else that of --facts.

import { enable } from "./enabled.js";
import { factsScale, showFacts } from "./facts.js";
import { refresh, wrongField } from "./fields.js";
import { by, isEnd, placeOf, rulerEnds, state } from "./state.js";

const NORMAL = 1.96; // standard deviations on each side of a 95 % interval
const percent = (error) => `${(100 * NORMAL * error).toPrecision(2)} %`;

// As rtl_tf/clinic/scales.py has it: of two points, px, that lie `mm` apart: {mmPerPx, error}, the error as a share; null
// where they make no sensible scale.
export function rulerScale([[x, y], [u, v]], mm, { click_error: click, mm_per_px: [low, high] }) {
  const length = Math.hypot(u - x, v - y),
    mmPerPx = mm / length;
  return mm > 0 && mmPerPx >= low && mmPerPx <= high ? { mmPerPx, error: (Math.SQRT2 * click) / length } : null;
}

// The ruler of the open photograph as it is now, held by the mouse or not.
function ruler() {
  const ends = rulerEnds().map(placeOf),
    mm = state.photo.points[state.about.ruler.mm];
  return { ends, mm: typeof mm === "number" ? mm : null, isWhole: ends.every(Boolean) };
}

// {mmPerPx, error, byRuler, byFacts}; NaN where nothing is known.
export function scaleNow() {
  const { ends, mm, isWhole } = ruler();
  const found = isWhole && mm !== null ? rulerScale(ends, mm, state.about.ruler) : null;
  if (found) return { ...found, byRuler: true, byFacts: false };
  const typed = state.photo.attributes.mm_per_px,
    told = typed ? null : factsScale();
  return told
    ? { ...told, byRuler: false, byFacts: true }
    : { mmPerPx: Number(typed ?? NaN), error: 0, byRuler: false, byFacts: false };
}

export function showScale() {
  const { points, attributes } = state.photo;
  const { ends, mm, isWhole } = ruler(),
    { mmPerPx, error, byRuler, byFacts } = scaleNow(),
    typed = attributes.mm_per_px ?? "",
    isOpen = isEnd(state.selected);
  by("scale").setAttribute("aria-pressed", isOpen);
  by("scale-tool").hidden = !isOpen;
  for (const [index, { name }] of state.about.ruler.ends.entries())
    by(`end-${index + 1}`).setAttribute("aria-pressed", name === state.selected);
  enable("ruler-remove", [...ends, mm].some(Boolean));
  refresh("ruler-mm", typeof points[state.about.ruler.mm] === "number" ? String(mm) : "");
  by("ruler-told").textContent = told(ends, mm, isWhole, mmPerPx, error, byRuler);
  if (byRuler) wrongField("mm", "");
  by("mm").readOnly = byRuler;
  refresh("mm", byRuler ? mmPerPx.toPrecision(4) : typed);
  showFacts(byFacts);
  by("mm-told").textContent = byRuler ? source(mmPerPx, error, typed) : "";
}

// What the tool says of the ruler.
function told(ends, mm, isWhole, mmPerPx, error, byRuler) {
  if (!isWhole) return `${ends.some(Boolean) ? "The other point is" : "Both points are"} missing.`;
  const length = Math.hypot(ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]).toFixed(2);
  if (mm === null) return `${length} px: the mm are missing.`;
  if (!byRuler) return `${mm} mm in ${length} px make no sensible scale.`;
  return `${mm} mm in ${length} px: ${mmPerPx.toPrecision(4)} mm in one px, \u00b1 ${percent(error)} (95 %) by the clicks.`;
}

// Where the number in the field is from.
function source(mmPerPx, error, typed) {
  const other = typed && Number(typed) !== mmPerPx ? ` The ${typed} that was typed does not count.` : "";
  return `From the ruler, \u00b1 ${percent(error)} (95 %).${other}`;
}
