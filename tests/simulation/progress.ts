/** How far a long run is: a bar on a terminal, a line now and then elsewhere. */

const BAR = 24;
const REFRESH_MS = 200;
/** Between lines where there is no terminal. */
const LINE_MS = 15_000;

export class Progress {
  readonly #total: number;
  readonly #startMs = performance.now();
  readonly #isTerminal = process.stderr.isTTY === true;
  #done = 0;
  #shownMs = performance.now();

  constructor(total: number) {
    this.#total = total;
  }

  /** One more is done; `note` says what there is to say. */
  step(note: string): void {
    this.#done++;
    const now = performance.now();
    if (now - this.#shownMs < (this.#isTerminal ? REFRESH_MS : LINE_MS) && this.#done < this.#total) return;
    this.#shownMs = now;
    const share = this.#done / this.#total;
    const leftS = ((now - this.#startMs) / this.#done / 1_000) * (this.#total - this.#done);
    const filled = Math.round(share * BAR);
    const bar = `[${"#".repeat(filled)}${" ".repeat(BAR - filled)}]`;
    const text = `${bar} ${this.#done}/${this.#total}, ${note}, ${formatLeft(leftS)} left`;
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Makes room for other lines. */
  clear(): void {
    if (this.#isTerminal) process.stderr.write("\r\x1b[K");
  }
}

function formatLeft(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
