// The training table: it is told what its reader should know, and the browser saves it.

import { saver } from "./photographs.js";
import { askTable } from "./requests.js";
import { by } from "./state.js";

export async function saveTable() {
  const left = saver.waiting.length;
  by("notes").textContent = "";
  try {
    const { url, notes } = await askTable();
    if (left) notes.push(`without ${left} changes that are not saved yet`);
    by("notes").textContent = ["The table goes to the browser's downloads.", ...notes].join("\n");
    Object.assign(document.createElement("a"), { href: url, download: "landmarks.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (problem) {
    by("notes").textContent = `No table: ${problem.message}`;
  }
}
