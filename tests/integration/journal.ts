/** What was observed, in order, and a way to wait for what is still to come. */

export interface Search {
  /** The first entry to look at. */
  readonly from?: number;
  readonly withinMs?: number;
}

/** Long enough for three retries of a node, whose random delays end within 2, 4 and 8 seconds. */
const DEFAULT_WITHIN_MS = 20_000;

/** How many of the last entries a failed search shows. */
const SHOWN = 12;

export class Journal<T> {
  readonly entries: T[] = [];
  readonly #title: string;
  readonly #show: (entry: T) => string;
  readonly #waiting = new Set<() => void>();

  /** `title` and `show` are for the message of a search that found nothing. */
  constructor(title: string, show: (entry: T) => string) {
    this.#title = title;
    this.#show = show;
  }

  /** How many entries there are: where a search for what comes next begins. */
  get end(): number {
    return this.entries.length;
  }

  add(entry: T): void {
    this.entries.push(entry);
    for (const look of [...this.#waiting]) look();
  }

  count(matches: (entry: T) => boolean, from = 0): number {
    return this.entries.slice(from).filter(matches).length;
  }

  /** The first entry that matches, waited for if it is not there yet. */
  async first(what: string, matches: (entry: T) => boolean, search: Search = {}): Promise<T> {
    const [entry] = await this.all(1, what, matches, search);
    return entry as T;
  }

  /** The first `count` entries that match, waited for if they are not there yet. Throws, with the last entries, if they do not come. */
  all(count: number, what: string, matches: (entry: T) => boolean, search: Search = {}): Promise<T[]> {
    const { from = 0, withinMs = DEFAULT_WITHIN_MS } = search;
    const found: T[] = [];
    let at = from;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        for (; at < this.entries.length && found.length < count; at++) {
          const entry = this.entries[at] as T;
          if (matches(entry)) found.push(entry);
        }
        if (found.length < count) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const have = count === 1 ? "" : ` (${found.length} of ${count})`;
        reject(new Error(`no ${what}${have} within ${withinMs} ms; ${this.#title}:\n${this.toString()}`));
      }, withinMs);
      this.#waiting.add(look);
      look();
    });
  }

  /** The last entries, one a line. */
  toString(): string {
    const shown = this.entries.slice(-SHOWN).map((entry) => `  ${this.#show(entry)}`);
    if (this.entries.length > SHOWN) shown.unshift(`  … ${this.entries.length - SHOWN} before`);
    return shown.join("\n");
  }
}
