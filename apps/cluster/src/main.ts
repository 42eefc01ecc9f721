import { resolveOptions, runProcess } from "@goverse/host";
import { startLocalCluster } from "./local-cluster.ts";
import { CLUSTER_OPTIONS } from "./options.ts";

// `pnpm dev` runs this with a larger young generation than Node's default: the embedded etcd makes and forgets some hundred thousand
// messages while a cluster starts, and copying those that are still in use took a quarter of its time.
runProcess(async (context) => {
  const options = resolveOptions({
    program: {
      name: "pnpm dev",
      summary: "Runs a local cluster: etcd, nodes, gates and the chat example.",
      version: "0.1.0",
    },
    table: CLUSTER_OPTIONS,
    argv: process.argv.slice(2),
    env: process.env,
  });
  return startLocalCluster(options, context, (line) => process.stdout.write(`${line}\n`));
});
