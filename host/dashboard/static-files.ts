/** The page's files, as `npm run build` made them: few and small, so they are read once and kept. */

import { readdir, readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/** Files there have a hash of their contents in their names. */
const HASHED = "/assets/";
const INDEX = "/index.html";

export interface StaticFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** Cache-Control: what never changes under its name is kept for a year. */
  readonly caching: string;
}

/** Every file of the folder that has a type of the page's, by the path of its URL; `/` is the page. */
export async function readStaticFiles(folder: string): Promise<ReadonlyMap<string, StaticFile>> {
  const files = new Map<string, StaticFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const url = path.slice(folder.length).split(sep).join("/");
    const caching = url.startsWith(HASHED) ? "public, max-age=31536000, immutable" : "no-cache";
    files.set(url, { type, bytes: await readFile(path), caching });
  }
  const index = files.get(INDEX);
  if (index !== undefined) files.set("/", index);
  return files;
}
