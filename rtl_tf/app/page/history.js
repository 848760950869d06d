// Undo and redo, worked out from the journal's entries: they outlive a reload and a kill.

// {undo, redo, last}: stacks of actions {kind, changes: [{landmark, old, new}]}, the last on top; what the last action of
// all is called.
export function stacks(entries) {
  const actions = [];
  for (const entry of entries) {
    if (actions.at(-1)?.change !== entry.change) actions.push({ change: entry.change, kind: entry.kind, changes: [] });
    actions.at(-1).changes.push({ landmark: entry.landmark, old: entry.old, new: entry.new });
  }
  const found = { undo: [], redo: [], last: "" };
  for (const action of actions) record(found, action);
  return found;
}

// An action has happened. What was undone or done again is the last that it fits: two windows may have undone in turn.
export function record(found, action) {
  found.last = action.change;
  const from = found[action.kind] ?? [];
  const place = from.findLastIndex((one) => same(reversed(one, action.kind), action.changes));
  if (place >= 0) found[action.kind === "undo" ? "redo" : "undo"].push(...from.splice(place, 1));
  else {
    found.undo.push(action);
    found.redo.length = 0;
  }
}

// The changes that undo, or do again, the action on top of a stack; null where there is none.
export function reversal(found, kind) {
  const action = found[kind].at(-1);
  return action ? reversed(action, kind) : null;
}

function reversed(action, kind) {
  const turned = (one) => ({ landmark: one.landmark, old: one.new, new: one.old });
  return kind === "undo" ? action.changes.map(turned) : action.changes;
}

const same = (ones, others) => JSON.stringify(ones.map(told)) === JSON.stringify(others.map(told));
const told = (one) => [one.landmark, one.old, one.new];
