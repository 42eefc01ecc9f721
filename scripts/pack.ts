import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";
import { listPublished, rootFolder } from "./workspace.ts";

/**
 * Packs every published package as the registry would get it (pnpm applies `publishConfig` and the catalog) and
 * returns package name → tarball path. The packages must have been built. Throws with pnpm's output on a failure.
 */
export async function packPublished(targetFolder: string): Promise<ReadonlyMap<string, string>> {
  mkdirSync(targetFolder, { recursive: true });
  const tarballs = new Map<string, string>();
  for (const { folder, manifest } of listPublished()) {
    const tarball = join(targetFolder, `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`);
    const packed = await run("pnpm", ["pack", "--pack-destination", targetFolder], {
      cwd: join(rootFolder, folder),
      output: "capture",
    });
    if (packed.status !== 0) throw new Error(`pnpm pack failed in ${folder}:\n${packed.output}`);
    tarballs.set(manifest.name, tarball);
  }
  return tarballs;
}
