const requireForDependencies =
  'import * as bannerModule from "node:module"; const require = bannerModule.createRequire(import.meta.url);';

// Builds the service the way a user would ship it: one file with everything in it, and a source map beside it.
export default {
  entry: ["tests/profiling/service/main.ts"],
  format: "esm",
  target: "node20",
  sourcemap: true,
  noExternal: [/^@goverse\//],
  // Koa's own dependencies still use require.
  banner: { js: requireForDependencies },
  esbuildOptions: (options: { conditions?: string[] }): void => {
    options.conditions = ["@goverse/source"];
  },
};
