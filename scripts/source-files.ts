import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rootFolder } from "./workspace.ts";

/** A text file of the repository. */
export interface SourceFile {
  /** Path relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

// What .gitignore leaves out, and what is not ours.
const ignoredFolders = new Set(["node_modules", "dist", ".turbo", "coverage", ".git"]);
const ignoredFiles = /\.(?:tsbuildinfo|png|ico|gz|tgz)$|^\.test-results.*\.json$/;

/**
 * Every text file below `folder` (relative to the root; `""` for the whole repository), apart from what .gitignore
 * leaves out, sorted by path. Walks the folders itself instead of asking git, so that it works in an archive too.
 */
export function listSourceFiles(folder: string): readonly SourceFile[] {
  const files: SourceFile[] = [];
  for (const entry of readdirSync(join(rootFolder, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!ignoredFolders.has(entry.name)) files.push(...listSourceFiles(path));
    } else if (entry.isFile() && !ignoredFiles.test(entry.name)) {
      files.push({ path, text: readFileSync(join(rootFolder, path), "utf8") });
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
