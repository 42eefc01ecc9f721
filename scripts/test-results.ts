import { join } from "node:path";
import { listMembers, rootFolder } from "./workspace.ts";

/** Where the suite behind a script leaves its results, per member: member folder → file (see vitest.config.ts). */
export function resultFiles(script: "test" | "test:packaging"): ReadonlyMap<string, string> {
  const name = script === "test" ? ".test-results.json" : ".test-results.packaging.json";
  return new Map(
    listMembers()
      .filter(({ manifest }) => manifest.scripts?.[script] !== undefined)
      .map(({ folder }) => [folder, join(rootFolder, folder, name)]),
  );
}
