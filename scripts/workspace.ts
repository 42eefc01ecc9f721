import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root folder of the repository. */
export const rootFolder: string = dirname(dirname(fileURLToPath(import.meta.url)));

const parentFolders = ["packages", "apps", "examples"];
const singleFolders = ["tests", "benchmarks"];

/** The fields of a package.json that the repository's own programs look at. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** One member of the pnpm workspace. */
export interface Member {
  /** Folder relative to the root, with forward slashes: `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Reads a package.json. Throws when the file is missing or is not JSON. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** Every member of the workspace, in the order of the tree. Folders without a package.json are no members. */
export function listMembers(): readonly Member[] {
  const nested = parentFolders.flatMap((parent) =>
    readdirSync(join(rootFolder, parent)).map((name) => `${parent}/${name}`),
  );
  return [...nested, ...singleFolders]
    .filter((folder) => existsSync(join(rootFolder, folder, "package.json")))
    .map((folder) => ({ folder, manifest: readManifest(join(rootFolder, folder)) }));
}

/** The members that go to the registry: everything that is not private. */
export function listPublished(): readonly Member[] {
  return listMembers().filter(({ manifest }) => manifest.private !== true);
}
