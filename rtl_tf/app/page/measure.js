// Measurements as rtl_tf/measuring/quantities.py has them: of points [x, y], in px, degrees, or as a ratio.

const minus = ([x, y], [u, v]) => [x - u, y - v];
const distance = ([one, other]) => Math.hypot(...minus(one, other));

function angle([first, corner, last]) {
  const [one, other] = [minus(first, corner), minus(last, corner)];
  if (!Math.hypot(...one) || !Math.hypot(...other)) return NaN;
  const cross = one[0] * other[1] - one[1] * other[0];
  return (Math.atan2(Math.abs(cross), one[0] * other[0] + one[1] * other[1]) * 180) / Math.PI;
}

const ratio = (points) => distance(points.slice(0, 2)) / distance(points.slice(2));

// From the first point to the line that has the least squares to all others.
function pointToLine([first, ...others]) {
  const middle = [0, 1].map((axis) => others.reduce((sum, point) => sum + point[axis], 0) / others.length);
  let [spread, lean] = [0, 0];
  for (const point of others) {
    const [x, y] = minus(point, middle);
    spread += x * x - y * y;
    lean += 2 * x * y;
  }
  if (!spread && !lean) return NaN;
  const direction = Math.atan2(lean, spread) / 2;
  const away = minus(first, middle);
  return Math.abs(away[1] * Math.cos(direction) - away[0] * Math.sin(direction));
}

const FORMULAS = { distance, angle, ratio, point_to_line: pointToLine };

// A number; NaN where it cannot be told.
export const value = (kind, points) => FORMULAS[kind](points);

export const NONE = "\u2013";

// As it is read: lengths in mm where the scale is known.
export function shown({ kind, unit }, points, mmPerPx) {
  const found = value(kind, points);
  if (!Number.isFinite(found)) return NONE;
  const [number, name] = read(unit, found, mmPerPx);
  return `${number}${name}`;
}

// Of ends [low, high] in the units of `value`.
export function shownInterval({ unit }, ends, mmPerPx) {
  const [low, high] = ends.map((end) => read(unit, end, mmPerPx)[0]);
  return `${low} to ${high}`;
}

// [number, unit]
function read(unit, found, mmPerPx) {
  if (unit === "mm") return mmPerPx ? [(found * mmPerPx).toFixed(2), " mm"] : [found.toFixed(2), " px"];
  return unit === "deg" ? [found.toFixed(1), "\u00b0"] : [found.toFixed(3), ""];
}
