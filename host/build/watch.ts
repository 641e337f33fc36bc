/** Watches files for changes, however an editor writes them: in place, or a new one that takes the old one's name. */

import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { systemCode, WasmoteError } from "../errors.ts";

/** Editors write a file in several steps, and several files at once. */
const QUIET_MS = 100;
const SOURCE = ".ts";

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

  /**
   * Watches a file from now on, and with a source all sources beside it: one that is missing may come. Adding it again changes
   * nothing. Throws `EWATCH` where the system watches no more.
   */
  add(path: string): void {
    const folder = dirname(path);
    const names = this.#names.get(folder) ?? new Set();
    names.add(basename(path));
    this.#names.set(folder, names);
    if (this.#closed || this.#watchers.has(folder)) return;
    const hasSources = (): boolean => [...names].some((name) => name.endsWith(SOURCE));
    const watcher = watchFolder(folder, (name) => {
      if (name === null || names.has(name) || (name.endsWith(SOURCE) && hasSources())) this.#changed();
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

function watchFolder(folder: string, onChange: (name: string | null) => void): FSWatcher {
  try {
    return watch(folder, (_event, name) => onChange(name));
  } catch (cause) {
    throw new WasmoteError("EWATCH", "resource", `can't watch ${folder}: ${systemCode(cause) ?? cause}`, {
      cure: "leave out --watch, or let the system watch more: on Linux, sysctl fs.inotify.max_user_watches",
      cause,
    });
  }
}
