import type { Server } from "@goverse/server";

/** What a supervisor hears over the IPC channel. */
export type NodeReport =
  | { readonly type: "listening" | "ready"; readonly address: string; readonly metricsAddress?: string }
  | { readonly type: "not-ready"; readonly address: string; readonly metricsAddress?: string; readonly reason: string };

/** Tells people (one line each on standard output) and a supervisor (if there is one) how the node is. */
export function announce(server: Server, types: readonly string[]): void {
  server.listening.then(
    () => {
      const metrics = server.opsAddress === undefined ? "" : `, metrics at http://${server.opsAddress}/metrics`;
      print(`node ${server.address} listens${metrics}; object types: ${types.join(", ")}`);
      report({ type: "listening", ...addresses(server) });
    },
    // Whoever started it says why it does not listen.
    () => {},
  );
  server.onReadiness((readiness) => {
    if (readiness.ready) {
      print(`node ${server.address} is ready`);
      report({ type: "ready", ...addresses(server) });
    } else {
      print(`node ${server.address} is not ready: ${readiness.reason}`);
      report({ type: "not-ready", ...addresses(server), reason: readiness.reason });
    }
  });
}

function addresses({ address, opsAddress }: Server): { address: string; metricsAddress?: string } {
  return { address, ...(opsAddress === undefined ? {} : { metricsAddress: opsAddress }) };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A supervisor that has gone is noticed elsewhere. */
function report(message: NodeReport): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
