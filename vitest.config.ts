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
  "benchmarks",
].filter((folder) => existsSync(join(root, folder, "package.json")));

// Each package writes its own results; scripts/test.ts adds them up. The packaging suite shares a folder with `tests`.
const resultsFile = process.argv.includes("tests/packaging") ? ".test-results.packaging.json" : ".test-results.json";

// Suites of several processes start servers and browsers: one file at a time, with time to start.
const suites = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  root,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["@goverse/source"] } },
  test: {
    passWithNoTests: true,
    // Many suites start processes and servers, and all packages share two cores: a slow start is no failure.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    reporters: ["default", ["json", { outputFile: join(process.cwd(), resultsFile) }]],
    coverage: { include: ["packages/*/src/**"], exclude: ["**/gen/**"] },
    projects: [
      ...folders.map((folder) => ({
        extends: true as const,
        root: join(root, folder),
        test: { name: folder, include: ["test/**/*.test.ts"] },
      })),
      {
        extends: true as const,
        root: join(root, "tests"),
        test: {
          name: "tests",
          include: ["*/**/*.test.ts"],
          exclude: ["packaging/**", "**/node_modules/**"],
          ...suites,
        },
      },
      {
        extends: true as const,
        root: join(root, "tests"),
        test: { name: "tests/packaging", include: ["packaging/**/*.test.ts"], ...suites, testTimeout: 180_000 },
      },
    ],
  },
});
