import { type Child, type ChildExit, startChild } from "./child.ts";
import type { ProcessPlan } from "./plan.ts";

/** How long processes may take to stop in good order, in milliseconds; then they are killed. The nodes' own limit is shorter. */
export const STOP_LIMIT_MS = 10_000;

/** A process and what is known of it. */
interface Member {
  readonly plan: ProcessPlan;
  readonly child: Child;
  state: "starting" | "listening" | "ready" | "ended";
  readonly ended: Promise<void>;
}

/** What the supervisor tells about the cluster. */
export interface SupervisorEvents {
  /** A line for the terminal. */
  readonly say: (line: string) => void;
  /** Every process is ready for the first time; milliseconds since the last node listened. */
  readonly onReady: (readyMs: number) => void;
  /** A process ended before it was ever ready: the cluster cannot start. */
  readonly onFailedStart: (plan: ProcessPlan) => void;
}

/** Runs the processes of a cluster: starts them, says how they are, ends them. It restarts nothing. */
export class Supervisor {
  readonly #members: Member[] = [];
  readonly #events: SupervisorEvents;
  #lastNodeListenedMs = 0;
  #announced = false;
  #stopping = false;

  constructor(events: SupervisorEvents) {
    this.#events = events;
  }

  /** Starts all processes at once. */
  start(plans: readonly ProcessPlan[]): void {
    for (const plan of plans) this.#members.push(this.#startOne(plan));
  }

  /** Ends all processes: gates first, so that no client meets a node that is already gone. Resolves when the last has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const role of ["gate", "node"] as const) {
      const members = this.#members.filter((member) => member.plan.role === role && member.state !== "ended");
      for (const member of members) member.child.stop();
      const killAll = setTimeout(() => {
        for (const member of members) member.child.kill();
      }, STOP_LIMIT_MS);
      await Promise.all(members.map((member) => member.ended));
      clearTimeout(killAll);
    }
  }

  #startOne(plan: ProcessPlan): Member {
    const name = `${plan.role} ${plan.address}`;
    let resolveEnded = (): void => {};
    const ended = new Promise<void>((resolve) => {
      resolveEnded = resolve;
    });
    const child = startChild(plan.role, plan.args, {
      onLine: (line) => this.#events.say(`${name}  ${line}`),
      onReport: (report) => this.#onReport(member, report.type, report.reason),
      onExit: (exit) => {
        resolveEnded();
        this.#onExit(member, exit);
      },
    });
    const member: Member = { plan, child, state: "starting", ended };
    return member;
  }

  #onReport(member: Member, type: "listening" | "ready" | "not-ready", reason: string | undefined): void {
    const name = `${member.plan.role} ${member.plan.address}`;
    if (type === "not-ready") {
      member.state = "listening";
      if (!this.#stopping) this.#events.say(`${name}  not ready${reason === undefined ? "" : `: ${reason}`}`);
      return;
    }
    member.state = type;
    if (type === "listening" && member.plan.role === "node") this.#lastNodeListenedMs = performance.now();
    this.#events.say(`${name}  ${type}${type === "listening" ? ` (pid ${member.child.pid ?? "?"})` : ""}`);
    if (!this.#announced && this.#members.every(({ state }) => state === "ready")) {
      this.#announced = true;
      this.#events.onReady(performance.now() - this.#lastNodeListenedMs);
    }
  }

  #onExit(member: Member, exit: ChildExit): void {
    const before = member.state;
    member.state = "ended";
    if (this.#stopping) return;
    const how = exit.signal === null ? `exit code ${exit.code ?? "?"}` : exit.signal;
    this.#events.say(`${member.plan.role} ${member.plan.address}  ended (${how}); nothing restarts it`);
    if (!this.#announced && before !== "ready") this.#events.onFailedStart(member.plan);
    else this.#events.say(`  start it again:  pnpm start:${member.plan.role} ${member.plan.args.join(" ")}`);
  }
}
