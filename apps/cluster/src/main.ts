import { resolveOptions, runProcess } from "@goverse/host";
import { startLocalCluster } from "./local-cluster.ts";
import { CLUSTER_OPTIONS } from "./options.ts";

// Whoever started this ends it too, also by dying: nobody should have to look for left-over processes.
process.env["GOVERSE_PARENT_PID"] ??= String(process.ppid);

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
