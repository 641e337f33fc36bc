/** Watches files for changes, however an editor writes them: in place, or a new one that takes the old one's name. */

import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Editors write a file in several steps, and several files at once. */
const QUIET_MS = 100;

export class FileWatcher {
  readonly #watchers = new Map<string, FSWatcher>();
  /** By folder: a file that is replaced is no longer the one that was watched, its folder is. */
  readonly #names = new Map<string, Set<string>>();
  readonly #onChange: () => void;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `onChange` is called once for changes that come within 100 ms of each other. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Watches a file from now on. Adding it again changes nothing. */
  add(path: string): void {
    const folder = dirname(path);
    const names = this.#names.get(folder) ?? new Set();
    names.add(basename(path));
    this.#names.set(folder, names);
    if (this.#closed || this.#watchers.has(folder)) return;
    const watcher = watch(folder, (_event, name) => {
      if (name === null || names.has(name)) this.#changed();
    });
    // A folder that is removed: a build says what is missing.
    watcher.on("error", () => this.#changed());
    this.#watchers.set(folder, watcher);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #changed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onChange, QUIET_MS);
  }
}
