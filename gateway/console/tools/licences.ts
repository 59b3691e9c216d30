// Licences: what the console is made of, and under which terms, as a page beside it. The terms ask
// that whoever passes the code on passes them on, too.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const PACKAGE = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** Writes `licences.txt` of the packages whose code or files went into the build. */
export function licences(): Plugin {
  const folders = new Set<string>();
  return {
    name: "licences",
    apply: "build",
    moduleParsed({ id }) {
      const found = PACKAGE.exec(id.replace(/^\0/, ""));
      if (found?.[1] !== undefined) folders.add(found[1]);
    },
    generateBundle() {
      const source = [...folders].map(terms).sort().join("\n\n");
      this.emitFile({ type: "asset", fileName: "licences.txt", source });
    },
  };
}

function terms(folder: string): string {
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim();
  const head = `${about.name} ${about.version} (${about.license ?? "see below"})`;
  return `${head}\n${"=".repeat(head.length)}\n${text}`;
}
