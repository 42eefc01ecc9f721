import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;
// Tests run against the sources of every workspace package: nothing has to be built first.
const conditions = ["@goverse/source", ...defaultServerConditions];

const folders = [
  ...["packages", "apps", "examples"].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => `${parent}/${name}`),
  ),
  "tests",
  "benchmarks",
].filter((folder) => existsSync(join(root, folder, "package.json")));

export default defineConfig({
  root,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["@goverse/source"] } },
  test: {
    passWithNoTests: true,
    projects: folders.map((folder) => ({
      extends: true as const,
      root: join(root, folder),
      test: {
        name: folder,
        include: folder === "tests" ? ["*/**/*.test.ts"] : ["test/**/*.test.ts"],
      },
    })),
  },
});
