'use strict';

/**
 * An undo stack for an editor. Small edits that follow each other closely are merged into one step,
 * so that "undo" takes back a word and not a letter.
 */
class UndoStack {
  constructor({ limit = 200, mergeWindow = 400, now = Date.now } = {}) {
    this.limit = limit;
    this.mergeWindow = mergeWindow;
    this.now = now;
    this.done = [];
    this.undone = [];
    this.savedAt = 0;
  }

  get canUndo() { return this.done.length > 0; }
  get canRedo() { return this.undone.length > 0; }
  get isDirty() { return this.done.length !== this.savedAt; }

  /** Run a command and remember how to take it back. */
  run(command) {
    command.apply();
    this.undone.length = 0;
    if (this.savedAt > this.done.length) this.savedAt = -1; // the saved state can no longer be reached
    const previous = this.done[this.done.length - 1];
    if (previous && this.shouldMerge(previous, command)) {
      previous.steps.push(command);
      previous.time = this.now();
      return;
    }
    this.done.push({ kind: command.kind, steps: [command], time: this.now() });
    if (this.done.length > this.limit) {
      this.done.shift();
      this.savedAt -= 1;
    }
  }

  shouldMerge(previous, command) {
    const closeInTime = this.now() - previous.time < this.mergeWindow;
    const saved = this.savedAt === this.done.length;
    return closeInTime && !saved && command.mergeable === true && previous.kind === command.kind;
  }

  undo() {
    const group = this.done.pop();
    if (!group) return false;
    for (let i = group.steps.length - 1; i >= 0; i--) group.steps[i].revert();
    this.undone.push(group);
    return true;
  }

  redo() {
    const group = this.undone.pop();
    if (!group) return false;
    for (const step of group.steps) step.apply();
    this.done.push(group);
    return true;
  }

  markSaved() { this.savedAt = this.done.length; }
}

/** A command that inserts text into a buffer with `insert` and `remove` methods. */
function insertText(buffer, position, text) {
  return {
    kind: 'insert',
    mergeable: !/\s/.test(text),
    apply() { buffer.insert(position, text); },
    revert() { buffer.remove(position, text.length); },
  };
}

module.exports = { UndoStack, insertText };
