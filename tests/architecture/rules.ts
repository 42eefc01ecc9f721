/** Which files of a member may use an import: a pattern for the path inside the member, such as `src/grpc.ts`. */
export type Where = RegExp;

/** What the sources of one member may import, and from where. Keys are packages, or `node:…` modules. */
export type Allowed = Readonly<Record<string, Where>>;

const everywhere: Where = /^src\//;
/** The half of a package that only Node can load; the rest of it is safe in a browser. */
const grpcOnly: Where = /^src\/grpc(?:\/|\.|-)/;
/** The only source folder that knows which client library talks to etcd. */
const etcdOnly: Where = /^src\/etcd\//;

/** Modules of Node's that open connections or listen. */
export const networkModules: readonly string[] = ["http", "https", "http2", "net", "tls", "dgram", "dns"].map(
  (name) => `node:${name}`,
);

const anyNodeModule: Allowed = { "node:*": everywhere };
// The process itself may be measured, nothing may be listened to.
const measuring: Allowed = { "node:perf_hooks": everywhere, "node:process": everywhere, "node:v8": everywhere };

function from(where: Where, ...names: readonly string[]): Allowed {
  return Object.fromEntries(names.map((name) => [name, where]));
}

const ours = (...names: readonly string[]): Allowed => from(everywhere, ...names.map((name) => `@goverse/${name}`));
const npm = (...names: readonly string[]): Allowed => from(everywhere, ...names);

/** Who may import what in `src/`: everything that is not in this table is refused. */
export const rules: Readonly<Record<string, Allowed>> = {
  "packages/core": {},
  "packages/protocol": {
    ...ours("core"),
    ...npm("@bufbuild/protobuf"),
    ...from(grpcOnly, "@grpc/grpc-js", "node:*"),
  },
  "packages/metrics": { ...ours("core"), ...npm("prom-client"), ...measuring },
  // Speedscope is looked for and served, never loaded.
  "packages/profiling": { ...npm("@koa/router", "pprof-format", "speedscope"), ...anyNodeModule },
  "packages/host": {
    ...ours("core", "metrics"),
    ...npm("koa", "@koa/router", "commander", "pino"),
    ...anyNodeModule,
  },
  "packages/consensus": {
    ...ours("core", "metrics"),
    ...from(etcdOnly, "etcd3", "cockatiel"),
    ...anyNodeModule,
  },
  "packages/node": { ...ours("core", "metrics"), ...measuring },
  "packages/server": {
    ...ours("core", "metrics", "protocol", "host", "profiling", "consensus", "node"),
    ...npm("@grpc/grpc-js"),
    ...anyNodeModule,
  },
  "packages/gate": {
    ...ours("core", "metrics", "protocol", "host", "profiling", "consensus"),
    ...npm("@grpc/grpc-js", "koa", "@koa/router"),
    ...anyNodeModule,
  },
  "packages/client": {
    ...ours("core", "protocol"),
    ...npm("eventsource-parser"),
    ...from(grpcOnly, "@grpc/grpc-js", "node:*"),
  },
  "packages/embedded-etcd": {
    ...npm("@grpc/grpc-js", "@grpc/proto-loader", "@bufbuild/protobuf"),
    ...anyNodeModule,
  },
  "packages/testkit": { ...npm("@goverse/*"), ...anyNodeModule },
  "apps/node": { ...ours("core", "host", "profiling", "server", "gate"), ...anyNodeModule },
  "apps/gate": { ...ours("core", "host", "profiling", "gate"), ...anyNodeModule },
  "apps/cluster": {
    ...ours("core", "host", "app-node", "app-gate", "embedded-etcd", "client", "example-chat"),
    ...npm("esbuild"),
    ...anyNodeModule,
  },
  "examples/counter": { ...ours("core", "embedded-etcd", "server"), ...npm("zod"), ...anyNodeModule },
  "examples/chat": { ...ours("core", "client"), ...npm("zod"), ...anyNodeModule },
  "examples/metrics-only": { ...ours("core", "metrics"), ...npm("koa"), ...anyNodeModule },
};
