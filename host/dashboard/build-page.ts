/** Builds the page with Vite into build/dashboard/, unless what is there was made from the very same sources. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { WasmoteError } from "../errors.ts";
import { PROJECT_ROOT } from "../project.ts";

/** The page's sources. Where the lock file is missing this is the published package, which has the built page. */
const SOURCES = join(PROJECT_ROOT, "host", "dashboard", "page");
/** What else the built page depends on: what it shares with the server, and the libraries' versions. */
const SHARED = ["host/dashboard/protocol.ts", "host/dashboard/build-page.ts", "host/dashboard/licences.ts"];
const LOCK = "package-lock.json";
/** Beside the page: what it was built from. */
const STAMP = "sources.sha256";

/** Where the built page is. */
export const PAGE = join(PROJECT_ROOT, "build", "dashboard");

/**
 * Returns the folder of the built page, after building it where it is missing or older than its sources. `building`:
 * wraps the work, to show that it goes on. Throws `EPAGE` where there is neither a built page nor what builds it.
 */
export async function providePage(building: (work: () => Promise<void>) => Promise<void>): Promise<string> {
  if (!existsSync(SOURCES) || !existsSync(join(PROJECT_ROOT, LOCK))) {
    if (existsSync(join(PAGE, "index.html"))) return PAGE;
    throw new WasmoteError("EPAGE", "resource", "the page is not in this installation", { cure: "install it again" });
  }
  const stamp = await stampOfSources();
  if ((await readStamp()) !== stamp) await building(() => buildPage(stamp));
  return PAGE;
}

/** Builds the page whatever is there. */
export async function buildPage(stamp?: string): Promise<void> {
  const folder = `${PAGE}.${process.pid}`;
  try {
    await runVite(folder);
    await writeFile(join(folder, STAMP), stamp ?? (await stampOfSources()));
    await replaceFolder(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runVite(folder: string): Promise<void> {
  let vite: typeof import("vite");
  try {
    vite = await import("vite");
  } catch (cause) {
    throw new WasmoteError("EPAGE", "resource", "the page is not built, and Vite, which builds it, is not installed", {
      cure: "run npm ci without --omit=dev, then npm run build",
      cause,
    });
  }
  const { licences } = await import("./licences.ts");
  // Vite sets it for the whole process, which would hand it on: npm then leaves out what a project is developed with.
  const { NODE_ENV } = process.env;
  try {
    await vite.build({
      configFile: false,
      envFile: false,
      root: SOURCES,
      logLevel: "silent",
      oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
      plugins: [licences()],
      build: {
        outDir: folder,
        emptyOutDir: true,
        // Since 2024: what knows light-dark() of CSS.
        target: ["chrome123", "firefox120", "safari17.5"],
        modulePreload: { polyfill: false },
        // A data: URL would need an exception in the page's Content-Security-Policy.
        assetsInlineLimit: 0,
        reportCompressedSize: false,
        chunkSizeWarningLimit: 1_000,
      },
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new WasmoteError("EPAGE", "module", `the page does not build\n${why}`, { cause });
  } finally {
    if (NODE_ENV === undefined) Reflect.deleteProperty(process.env, "NODE_ENV");
    else Object.assign(process.env, { NODE_ENV });
  }
}

/** Puts a folder in the page's place. Of two processes that do it at once, the later one wins. */
async function replaceFolder(folder: string): Promise<void> {
  const old = `${PAGE}.old.${process.pid}`;
  await mkdir(join(PROJECT_ROOT, "build"), { recursive: true });
  for (let attempts = 0; ; attempts++) {
    if (existsSync(PAGE)) await rename(PAGE, old).catch(() => {});
    try {
      await rename(folder, PAGE);
      break;
    } catch (error) {
      // Another process has put its page there in between.
      if (attempts === 10) throw error;
    } finally {
      await rm(old, { recursive: true, force: true });
    }
  }
}

async function readStamp(): Promise<string | undefined> {
  try {
    return await readFile(join(PAGE, STAMP), "utf-8");
  } catch {
    return undefined;
  }
}

async function stampOfSources(): Promise<string> {
  const hash = createHash("sha256");
  const sources = (await readdir(SOURCES, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of [...sources, ...SHARED.map((name) => join(PROJECT_ROOT, name)), join(PROJECT_ROOT, LOCK)]) {
    hash.update(`${path.slice(PROJECT_ROOT.length)}\n`).update(await readFile(path));
  }
  return hash.digest("hex");
}
