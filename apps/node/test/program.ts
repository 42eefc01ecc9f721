import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** A run of the real program. */
export class Program {
  readonly child: ChildProcess;
  /** What came over the IPC channel. */
  readonly reports: { readonly type: string; readonly address: string; readonly [key: string]: unknown }[] = [];
  stdout = "";
  stderr = "";
  readonly #exit: Promise<number | NodeJS.Signals>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, ["--conditions=@goverse/source", "--import", "tsx", MAIN, ...args], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { PATH: process.env["PATH"], ...env },
    });
    this.child.stdout?.on("data", (text: Buffer) => (this.stdout += text.toString()));
    this.child.stderr?.on("data", (text: Buffer) => (this.stderr += text.toString()));
    this.child.on("message", (message) => this.reports.push(message as (typeof this.reports)[number]));
    // Not `close`: it does not come when this side has closed the IPC channel.
    const ended = [this.child.stdout, this.child.stderr].map(
      (stream) => new Promise((resolve) => stream?.once("end", resolve)),
    );
    const exit = new Promise<number | NodeJS.Signals>((resolve) => {
      this.child.once("exit", (code, signal) => resolve(code ?? signal ?? "SIGKILL"));
    });
    this.#exit = Promise.all([exit, ...ended]).then(([status]) => status);
  }

  /** Status or signal with which it ended. */
  exit(): Promise<number | NodeJS.Signals> {
    return this.#exit;
  }

  /** Waits for a report; fails when the program ends before. */
  async report(type: string): Promise<(typeof this.reports)[number]> {
    for (;;) {
      const found = this.reports.find((report) => report.type === type);
      if (found !== undefined) return found;
      if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}: ${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#exit;
  }
}
