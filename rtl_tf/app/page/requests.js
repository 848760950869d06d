// What is asked of the server, all below the address with the token; and changes, each sent until it is saved.

const RETRY = 1000; // ms
const ANEW = "rtl-app was started anew: note what is not saved, then open the address that it printed";
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export async function ask(path) {
  const answer = await fetch(path);
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  throw new Error(told.problem || answer.statusText || `status ${answer.status}`);
}

// Heatmap of a landmark: {url, left, top, side}, original px; null where there is none.
export async function askHeatmap(image, landmark) {
  const answer = await fetch(`images/${image}/heatmap/${encodeURIComponent(landmark)}`);
  if (!answer.ok) return null;
  const [left, top, side] = answer.headers.get("X-Square").split(",").map(Number);
  return { url: URL.createObjectURL(await answer.blob()), left, top, side };
}

// Intervals of measurements: {name: [low, high]}, lengths in px.
export async function askIntervals(image, points) {
  const answer = await post(`images/${image}/intervals`, points);
  return answer.ok ? (await answer.json()).intervals : {};
}

const post = (path, body) =>
  fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

// Sends changes one after the other, each until it is saved. What has not been sent yet may go further, see `unsent`.
export class Saver {
  constructor({ told, refused, saved }) {
    Object.assign(this, { told, refused, saved, waiting: [], busy: false });
    window.addEventListener("beforeunload", (event) => {
      if (this.waiting.length) event.preventDefault();
    });
  }

  add(image, sha256, change) {
    this.waiting.push({ image, body: { sha256, ...change } });
    this.send();
  }

  // The last change, if it has not been sent yet: it may still be made to go further.
  unsent() {
    const last = this.waiting.length - (this.busy ? 1 : 0) > 0 ? this.waiting.at(-1) : null;
    return last && last.body;
  }

  async send() {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length) {
      this.told("waiting", "Saving");
      const { image, body } = this.waiting[0];
      let answer;
      try {
        answer = await post(`images/${image}/changes`, body);
      } catch {
        const number = this.waiting.length;
        this.told(
          "bad",
          `NOT SAVED: ${number} change${number > 1 ? "s" : ""}. rtl-app does not answer; keep this page open`,
        );
        await pause(RETRY);
        continue;
      }
      const told = await answer.json().catch(() => ({}));
      if (answer.ok) {
        this.waiting.shift();
        this.saved(image, told, this.waiting.length);
      } else if (answer.status === 400 || answer.status === 409) {
        this.waiting = this.waiting.filter((other) => other.image !== image);
        this.refused(image, told.problem);
      } else {
        this.told("bad", `NOT SAVED: ${told.problem || ANEW}`);
        await pause(RETRY);
      }
    }
    this.busy = false;
  }

  // Until every change of a photograph is saved.
  async done(image) {
    while (this.waiting.some((other) => other.image === image)) await pause(50);
  }
}
