import type { Gate } from "@goverse/gate";

/** Where a gate is reached. Absent: that door is closed. */
interface Addresses {
  readonly address: string;
  readonly httpAddress?: string;
  readonly opsAddress?: string;
}

/** What a supervisor hears over the IPC channel. */
export type GateReport =
  | ({ readonly type: "listening" | "ready" } & Addresses)
  | ({ readonly type: "not-ready"; readonly reason: string } & Addresses);

/** Tells people (one line each on standard output) and a supervisor (if there is one) how the gate is. */
export function announce(gate: Gate): void {
  gate.listening.then(
    () => {
      print(`gate ${gate.address} listens${doors(gate)}`);
      report({ type: "listening", ...addresses(gate) });
    },
    // Whoever started it says why it does not listen.
    () => {},
  );
  gate.onReadiness((readiness) => {
    if (readiness.ready) {
      print(`gate ${gate.address} is ready`);
      report({ type: "ready", ...addresses(gate) });
    } else {
      print(`gate ${gate.address} is not ready: ${readiness.reason}`);
      report({ type: "not-ready", ...addresses(gate), reason: readiness.reason });
    }
  });
}

function doors({ httpAddress, opsAddress }: Gate): string {
  const http = httpAddress === undefined ? "" : `, HTTP at http://${httpAddress}`;
  const metrics = opsAddress === undefined ? "" : `, metrics at http://${opsAddress}/metrics`;
  return http + metrics;
}

function addresses({ address, httpAddress, opsAddress }: Gate): Addresses {
  return {
    address,
    ...(httpAddress === undefined ? {} : { httpAddress }),
    ...(opsAddress === undefined ? {} : { opsAddress }),
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A supervisor that has gone is noticed elsewhere. */
function report(message: GateReport): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
