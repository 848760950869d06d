// Sends changes one after the other, each until it is saved.

import { post } from "./requests.js";

const RETRY = 1000; // ms
const ANEW = "rtl-app was started anew: note what is not saved, then open the address that it printed";

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
export const namesIn = (body) => body.changes.map(({ landmark, attribute }) => landmark ?? attribute);

// What has not been sent yet may go further, see `unsent`. It calls `tell(kind, text)` with how far it has got,
// `wrong(problem)` while the first change is not saved, and "" once it is, `saved(image, body, told, left)` after each
// that is, and `refused(image, problem, {number, names})` with how many are given up, and of which landmarks.
export class Saver {
  constructor({ tell, wrong, saved, refused }) {
    Object.assign(this, { tell, wrong, saved, refused, waiting: [], busy: false });
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
    try {
      while (this.waiting.length) await this.sendFirst();
    } finally {
      this.busy = false;
    }
  }

  async sendFirst() {
    const { image, body } = this.waiting[0];
    this.tell("waiting", "Saving");
    const answer = await post(`images/${image}/changes`, body).catch(() => null); // the server does each change once
    const told = answer?.told ?? {};
    if (answer?.ok && told.points) {
      this.waiting.shift();
      this.wrong("");
      if (!this.waiting.length) this.tell("", "All changes are saved");
      this.saved(image, body, told, this.waiting.length);
    } else if (answer?.status === 400 || answer?.status === 409) {
      const given = this.giveUp();
      this.wrong("");
      if (!this.waiting.length) this.tell("", "");
      this.refused(image, told.problem, given);
    } else {
      const number = this.waiting.length;
      const silent = `${number} change${number > 1 ? "s" : ""}. rtl-app does not answer; keep this page open`;
      this.wrong(`NOT SAVED: ${told.problem || (answer && !answer.ok ? ANEW : silent)}`);
      await pause(RETRY);
    }
  }

  // Take the first change back, and those after it that build on it: of the same landmarks, and that all is checked.
  giveUp() {
    const [first] = this.waiting;
    const names = new Set(namesIn(first.body));
    const isLost = (one) =>
      one.image === first.image && namesIn(one.body).some((name) => names.has(name) || name === "checked");
    const kept = [];
    for (const one of this.waiting) {
      if (one === first || isLost(one)) for (const name of namesIn(one.body)) names.add(name);
      else kept.push(one);
    }
    const number = this.waiting.length - kept.length;
    this.waiting = kept;
    return { number, names };
  }

  // Until every change of a photograph is saved.
  async done(image) {
    while (this.waiting.some((other) => other.image === image)) await pause(50);
  }
}
