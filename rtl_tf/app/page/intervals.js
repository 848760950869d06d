// Intervals and z-scores of the measurements, asked of the server: one question at a time, the next with the points of that moment.

export class Intervals {
  // `ask(image, body)` gives what they are; `changed()` is called when others have come.
  constructor(ask, changed) {
    Object.assign(this, { ask, changed, opening: 0, asked: "", wanted: null, busy: false, found: {} });
  }

  // Those for `points` = [{name, place, byHand}] on a photograph, its scale, and the view that a person has said; while
  // these are asked for, those that came last in the same opening of it. `guessed`: whether its guess is there, which
  // the server goes by, too.
  of(opening, image, points, scale, view, guessed) {
    if (opening !== this.opening) Object.assign(this, { opening, asked: "", found: {} });
    const placed = points.filter(({ place }) => place);
    const body = {
      points: Object.fromEntries(placed.map(({ name, place }) => [name, place])),
      by_hand: placed.filter(({ byHand }) => byHand).map(({ name }) => name),
      scale_error: scale.error,
      mm_per_px: scale.mmPerPx || null,
      view: view || null,
      guessed,
    };
    const asked = JSON.stringify(body);
    if (asked !== this.asked) {
      Object.assign(this, { asked, wanted: { opening, image, body } });
      this.send();
    }
    return this.found;
  }

  async send() {
    if (this.busy) return;
    this.busy = true;
    while (this.wanted) {
      const { opening, image, body } = this.wanted;
      this.wanted = null;
      const found = await this.ask(image, body).catch(() => ({})); // better none than those of other points
      if (opening !== this.opening) continue;
      this.found = found;
      this.changed();
    }
    this.busy = false;
  }
}
