import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../host/project.ts";

let jobs: ChildProcess[] = [];

/** Ends what a test has left. */
export function killJobs(): void {
  for (const job of jobs) job.kill("SIGKILL");
  jobs = [];
}

/** The command line in a process of its own. */
export class Job {
  stdout = "";
  stderr = "";
  readonly exit: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(...args: readonly string[]) {
    const main = join(PROJECT_ROOT, "host", "cli", "main.ts");
    this.#child = spawn(process.execPath, ["--import", "tsx", main, ...args], { cwd: PROJECT_ROOT });
    jobs.push(this.#child);
    this.#child.stdout?.on("data", (text) => {
      this.stdout += text;
    });
    this.#child.stderr?.on("data", (text) => {
      this.stderr += text;
    });
    this.exit = new Promise((resolve) => this.#child.on("close", resolve));
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }
}
