import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, a checkout or an installed one, with a slash at its end. */
export const PROJECT_ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Whether this is a checkout, which has the examples and the boards, and not the installed package, which has neither. */
export const IS_CHECKOUT = import.meta.url.endsWith(".ts");

/** Where whoever reads it finds a page of docs/: `docs/cli.md` in a checkout, `node_modules/wasmote/docs/cli.md` in a project. */
export function docsPage(name: `${string}.md`): string {
  const path = join(PROJECT_ROOT, "docs", name);
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere;
}
