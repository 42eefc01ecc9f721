import { resolveOptions, runProcess } from "@goverse/host";
import { startLocalCluster } from "./local-cluster.ts";
import { CLUSTER_OPTIONS } from "./options.ts";

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
