import { existsSync } from "node:fs";
import { defineConfig } from "tsup";

// Shared by every package and application: tsup runs with the package as its working directory.
// Declarations come from tsc (see tsconfig.build.json), because tsup's own emitter needs TypeScript's old API.
export default defineConfig({
  entry: ["src/index.ts", "src/grpc.ts", "src/main.ts"].filter((file) => existsSync(file)),
  format: "esm",
  target: "node20",
  sourcemap: true,
  clean: true,
});
