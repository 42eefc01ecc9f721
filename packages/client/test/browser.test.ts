import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { describe, expect, test } from "vitest";

async function bundle(entry: string): Promise<{ readonly metafile: Metafile; readonly code: string }> {
  const { metafile, outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    conditions: ["@goverse/source"],
    // A built-in that is imported all the same shows up as an external import instead of an error.
    external: [...builtinModules, "node:*"],
    logLevel: "silent",
  });
  return { metafile, code: outputFiles[0]?.text ?? "" };
}

/** What the bundle would have to load from elsewhere. */
function externals({ outputs }: Metafile): readonly string[] {
  return Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
}

describe("a bundle for browsers", () => {
  test("needs nothing of Node and no gRPC", async () => {
    const { metafile, code } = await bundle("../src/index.ts");
    expect(externals(metafile)).toEqual([]);
    expect(Object.keys(metafile.inputs).filter((path) => path.includes("grpc-js"))).toEqual([]);
    expect(code).not.toMatch(/\b(?:process|Buffer|require|setImmediate)\b\s*[.([]/);
    // Room for growth, none for a second library.
    expect(code.length).toBeLessThan(60_000);
  });

  test("of the gRPC half would be noticed", async () => {
    const { metafile } = await bundle("../src/grpc.ts");
    expect(externals(metafile)).toContain("http2");
  });
});
