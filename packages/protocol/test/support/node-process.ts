import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("./node-main.ts", import.meta.url));

/** A node in a process of its own, to be killed. */
export interface NodeProcess {
  readonly port: number;
  readonly child: ChildProcess;
  /** Resolves when `count` calls of `Hang` have begun since the start. */
  hanging(count: number): Promise<void>;
  kill(): Promise<void>;
}

export async function startNodeProcess(port = 0): Promise<NodeProcess> {
  const child = spawn(process.execPath, ["--conditions=@goverse/source", "--import", "tsx", script, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done === true) throw new Error("the process ended before it listened");
  let begun = 0;
  return {
    port: Number(first.value),
    child,
    hanging: async (count) => {
      for (; begun < count; begun += 1) await lines.next();
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
