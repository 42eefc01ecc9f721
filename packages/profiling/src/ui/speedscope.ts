import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The folder with speedscope's page, when the package is installed beside this one or beside the program; else `undefined`. */
export function findSpeedscope(): string | undefined {
  for (const from of [import.meta.url, join(process.cwd(), "package.json")]) {
    try {
      const require = createRequire(from);
      const folder = join(dirname(require.resolve("speedscope/package.json")), "dist", "release");
      if (existsSync(join(folder, "index.html"))) return folder;
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}
