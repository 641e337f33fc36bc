/** Puts the licences of everything that the built page contains beside it, as licences.txt. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { PROJECT_ROOT } from "../project.ts";

const FILE = "licences.txt";
/** The folder of the innermost package that a module's path lies in, and its name. */
const PACKAGE = /^.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/;

/**
 * MQTT.js comes with its own bundle for browsers, whose modules Vite can't see. Its unminified twin names the package of
 * each in comments.
 */
const BUNDLED = { package: "mqtt", twin: "dist/mqtt.js" } as const;
const BUNDLED_MODULE = /node_modules\/((?:@[^/"\s]+\/)?[^/"\s]+)\//g;

/** Texts of packages that are in that bundle, and are not installed. */
const NOTICES = join(PROJECT_ROOT, "host", "dashboard", "notices");

/** Vite's plugin for it. Fails where a package has no licence text. */
export function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_options, bundle) {
      const texts = new Map<string, string>();
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.type === "chunk" ? chunk.moduleIds : []) {
          const [folder, name = ""] = id.replace(/^\0/, "").match(PACKAGE) ?? [];
          if (folder === undefined || texts.has(name)) continue;
          texts.set(name, licenceIn(folder));
          if (name === BUNDLED.package) addBundled(folder, texts);
        }
      }
      const sorted = [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
      this.emitFile({ type: "asset", fileName: FILE, source: sorted.join(`\n${"-".repeat(72)}\n\n`) });
    },
  };
}

function addBundled(folder: string, texts: Map<string, string>): void {
  const twin = readFileSync(join(folder, BUNDLED.twin), "utf-8");
  for (const [, name = ""] of twin.matchAll(BUNDLED_MODULE)) {
    if (texts.has(name)) continue;
    const notice = join(NOTICES, `${name.replace(/^@/, "").replace("/", "-")}.txt`);
    if (existsSync(notice)) {
      texts.set(name, `${name}\n\n${readFileSync(notice, "utf-8").trim()}\n`);
      continue;
    }
    const places = [join(folder, "node_modules", name), join(PROJECT_ROOT, "node_modules", name)];
    const place = places.find((each) => existsSync(each));
    if (place === undefined) throw new Error(`${name}, a part of ${BUNDLED.package}, has no licence text`);
    texts.set(name, licenceIn(place));
  }
}

function licenceIn(folder: string): string {
  const described: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf-8"));
  const { name, version, license } = described as Readonly<Record<string, unknown>>;
  const file = readdirSync(folder).find((each) => /^licen[cs]e(\.\w+)?$/i.test(each));
  if (file === undefined) throw new Error(`${name} has no licence text`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf-8").trim()}\n`;
}
