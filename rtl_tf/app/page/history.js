// Undo and redo, worked out from the journal's entries: they outlive a reload and a kill.

// {undo, redo}: stacks of actions {kind, changes: [{landmark, old, new}]}, the last on top.
export function stacks(entries) {
  const actions = [];
  for (const entry of entries) {
    if (actions.at(-1)?.change !== entry.change) actions.push({ change: entry.change, kind: entry.kind, changes: [] });
    actions.at(-1).changes.push({ landmark: entry.landmark, old: entry.old, new: entry.new });
  }
  const found = { undo: [], redo: [] };
  for (const action of actions) record(found, action);
  return found;
}

// An action has happened.
export function record(found, action) {
  if (action.kind === "undo") found.redo.push(found.undo.pop());
  else if (action.kind === "redo") found.undo.push(found.redo.pop());
  else {
    found.undo.push(action);
    found.redo.length = 0;
  }
}

// The changes that undo, or do again, the action on top of a stack; null where there is none.
export function reversal(found, kind) {
  const action = found[kind].at(-1);
  if (!action) return null;
  return kind === "redo"
    ? action.changes
    : action.changes.map((one) => ({ landmark: one.landmark, old: one.new, new: one.old }));
}
