/** Threads that run a file of this folder. */

import { Worker } from "node:worker_threads";

/** `name`: of the file beside this one, without its extension. `data`: what it finds as `workerData`. */
export function startThread(name: string, data: unknown): Worker {
  if (!import.meta.url.endsWith(".ts")) {
    return new Worker(new URL(`./${name}.js`, import.meta.url), { workerData: data });
  }
  // Node.js itself does not read TypeScript, and what reads it for the main thread does not do so for others.
  const loader = import.meta.resolve("tsx/esm/api");
  const file = new URL(`./${name}.ts`, import.meta.url).href;
  return new Worker(
    `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(file)}); });`,
    { eval: true, execArgv: [], workerData: data },
  );
}
