import { freePorts, fromSource, type Program, startProgram } from "./program.ts";

/** A cluster as `pnpm dev` runs it, on ports of its own. */
export interface DevCluster {
  readonly program: Program;
  /** HTTP addresses of the nodes, for metrics. */
  readonly nodes: readonly string[];
  readonly gateGrpc: string;
  readonly gateHttp: string;
  /** Process id of node `index`, as printed. */
  nodePid(index: number): number;
  /** Calls a method through the gate's HTTP. */
  call(type: string, id: string, method: string, input?: unknown): Promise<Response>;
}

/** Starts `pnpm dev` with these options and waits until everything is ready. */
export async function startDevCluster(options: readonly string[] = [], nodeCount = 3): Promise<DevCluster> {
  const first = await freePorts(2 * nodeCount + 2);
  const nodes = Array.from({ length: nodeCount }, (_, index) => `localhost:${first + nodeCount + index}`);
  const gateGrpc = `localhost:${first + 2 * nodeCount}`;
  const gateHttp = `localhost:${first + 2 * nodeCount + 1}`;
  const program = startProgram([
    ...fromSource("apps/cluster/src/main.ts"),
    `--nodes=${nodeCount}`,
    `--node-port=${first}`,
    `--metrics-port=${first + nodeCount}`,
    `--gate-port=${first + 2 * nodeCount}`,
    `--http-port=${first + 2 * nodeCount + 1}`,
    ...options,
  ]);
  try {
    await program.waitFor(/^ready \(/m, 60_000);
  } catch (error) {
    await program.destroy();
    throw error;
  }
  return {
    program,
    nodes,
    gateGrpc,
    gateHttp,
    nodePid: (index) => {
      const line = new RegExp(`node localhost:${first + index}\\s+listening \\(pid (\\d+)\\)`).exec(program.output());
      return Number(line?.[1]);
    },
    call: (type, id, method, input) =>
      fetch(`http://${gateHttp}/api/v1/call/${type}/${encodeURIComponent(id)}/${method}`, {
        method: "POST",
        ...(input === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(input) }),
      }),
  };
}
