// The photograph: zoom and place on the screen, and its own pixels as tiles where they are seen.

import { address } from "./requests.js";

const NS = "http://www.w3.org/2000/svg";
const OVERVIEW = 2048; // px, of the longer side of the server's smaller picture
const LARGEST = 64; // screen px for an original one
const UNSEEN = "the photograph cannot be shown now: choose it once more in the list";

export function element(name, attributes = {}, parent = null) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

export class View {
  constructor(stage, scene, photo, changed) {
    Object.assign(this, {
      stage,
      scene,
      photo,
      changed,
      scale: 1,
      left: 0,
      top: 0,
      width: 1,
      height: 1,
      tiles: new Map(),
    });
    new ResizeObserver(() => this.update()).observe(stage);
    stage.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...this.local(event));
      },
      { passive: false },
    );
  }

  // Another photograph, or the same `anew`, which is looked at as before. Waits until it is seen; throws where it cannot
  // be. Pixel centres lie on integers, so its edge is at -0.5.
  async show(image, { sha256, width, height }, tile, anew) {
    const stays = anew && width === this.width && height === this.height;
    Object.assign(this, { image, sha256, width, height, tile });
    this.photo.replaceChildren();
    this.tiles.clear();
    const size = { x: -0.5, y: -0.5, width, height, preserveAspectRatio: "none" };
    const overview = element("image", size, this.photo);
    if (stays) this.update();
    else this.whole();
    await new Promise((seen, failed) => {
      overview.addEventListener("load", seen);
      overview.addEventListener("error", () => failed(new Error(UNSEEN)));
      overview.setAttribute("href", address(image, sha256, "overview"));
    });
  }

  get size() {
    return [this.stage.clientWidth, this.stage.clientHeight];
  }
  local(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
  toScreen([x, y]) {
    return [(x - this.left) * this.scale, (y - this.top) * this.scale];
  }
  toPhoto([x, y]) {
    return [x / this.scale + this.left, y / this.scale + this.top];
  }

  whole() {
    this.fit(
      [
        [-0.5, -0.5],
        [this.width - 0.5, this.height - 0.5],
      ],
      1,
    );
    this.isWhole = true;
  }

  // Show points, with room around them: `room` times their extent, and at least `least` original px.
  fit(points, room = 1.8, least = 1) {
    if (!points.length) return;
    const [width, height] = this.size;
    const low = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
    const high = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])));
    const extent = [0, 1].map((axis) => Math.max(least, (high[axis] - low[axis]) * room));
    this.scale = Math.min(LARGEST, width / extent[0], height / extent[1]);
    this.centre([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2]);
  }

  centre([x, y]) {
    const [width, height] = this.size;
    this.left = x - width / this.scale / 2;
    this.top = y - height / this.scale / 2;
    this.update();
  }

  zoom(factor, x = this.size[0] / 2, y = this.size[1] / 2) {
    const [fixedX, fixedY] = this.toPhoto([x, y]);
    const least = 0.5 * Math.min(this.size[0] / this.width, this.size[1] / this.height);
    this.scale = Math.min(LARGEST, Math.max(least, this.scale * factor));
    this.left = fixedX - x / this.scale;
    this.top = fixedY - y / this.scale;
    this.update();
  }

  pan(dx, dy) {
    this.left -= dx / this.scale;
    this.top -= dy / this.scale;
    this.update();
  }

  update() {
    this.isWhole = false;
    this.scene.setAttribute("transform", `scale(${this.scale}) translate(${-this.left} ${-this.top})`);
    if (this.tile) this.loadTiles();
    this.changed();
  }

  // Tiles of the photograph's own pixels, where the smaller picture would be blurred.
  loadTiles() {
    const smaller = OVERVIEW / Math.max(this.width, this.height);
    if (smaller >= 1 || this.scale * window.devicePixelRatio <= smaller * 1.1) {
      for (const tile of this.tiles.values()) tile.remove();
      this.tiles.clear();
      return;
    }
    const [right, bottom] = this.toPhoto(this.size);
    const range = (from, to, length) => {
      const last = Math.ceil(length / this.tile) - 1;
      const first = Math.max(0, Math.floor((from + 0.5) / this.tile));
      return Array.from(
        { length: Math.max(0, Math.min(last, Math.floor((to + 0.5) / this.tile)) - first + 1) },
        (_, index) => first + index,
      );
    };
    const seen = new Set();
    for (const row of range(this.top, bottom, this.height)) {
      for (const column of range(this.left, right, this.width)) {
        const key = `${column}/${row}`,
          x = column * this.tile,
          y = row * this.tile;
        seen.add(key);
        if (this.tiles.has(key)) continue;
        const [width, height] = [Math.min(this.tile, this.width - x), Math.min(this.tile, this.height - y)];
        this.tiles.set(
          key,
          element(
            "image",
            {
              href: address(this.image, this.sha256, `tiles/${key}`),
              x: x - 0.5,
              y: y - 0.5,
              width,
              height,
              preserveAspectRatio: "none",
              class: "tile",
            },
            this.photo,
          ),
        );
      }
    }
    for (const [key, tile] of this.tiles) {
      if (!seen.has(key)) {
        tile.remove();
        this.tiles.delete(key);
      }
    }
  }
}
