// What is asked of the server, all below the address with the token.

const LONGEST = 60_000; // ms until an answer: a large photograph from a slow disk
const LONGEST_SAVE = 10_000; // ms

export const ask = async (path) => (await answered(path)).json();

async function answered(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(LONGEST) });
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  const problem = new Error(told.problem || answer.statusText || `status ${answer.status}`);
  throw Object.assign(problem, { status: answer.status });
}

// The training table: {url, notes}.
export async function askTable() {
  const answer = await answered("landmarks.csv");
  return { url: URL.createObjectURL(await answer.blob()), notes: JSON.parse(answer.headers.get("X-Notes")) };
}

// Where the server has something of a photograph with a content; of another content under its name it gives nothing.
export const address = (image, sha256, what) => `images/${image}/${what}?of=${sha256}`;

// Heatmap of a landmark: {url, left, top, side}, original px. Throws where there is none.
export async function askHeatmap(image, sha256, landmark) {
  const answer = await answered(address(image, sha256, `heatmap/${encodeURIComponent(landmark)}`));
  const [left, top, side] = answer.headers.get("X-Square").split(",").map(Number);
  return { url: URL.createObjectURL(await answer.blob()), left, top, side };
}

// Of measurements: {intervals: {name: [low, high]}, scores: {name: [line, ...]}}, lengths in px.
export async function askIntervals(image, points) {
  return (await post(`images/${image}/intervals`, points)).told;
}

// The answer {ok, status, told}. Throws where none comes in time, or where one that says ok cannot be read.
export async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LONGEST_SAVE),
  });
  const told = await answer.json().catch((problem) => {
    if (answer.ok) throw problem;
    return {};
  });
  return { ok: answer.ok, status: answer.status, told };
}
