import { describe, expect, test } from "vitest";
import { TestCluster, type TestMember } from "./support/cluster.ts";
import { faultyClient, type FaultyClient } from "./support/faulty-client.ts";
import { seededRandom } from "./support/seeded-random.ts";
import { until } from "./support/until.ts";

const SHARDS = 24;
const FAULTS = 30;
const NAMES = ["a", "b", "c", "d", "e"];
/** Share of transactions that are lost on the way, and of those that are lost on the way back. */
const LOSS = 0.03;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A cluster to which bad things happen, one after the other, as a seed decides. */
class Storm {
  readonly live: TestMember[] = [];
  readonly #cluster: TestCluster;
  readonly #random: () => number;

  constructor(cluster: TestCluster, seed: number) {
    this.#cluster = cluster;
    this.#random = seededRandom(seed);
  }

  async add(): Promise<void> {
    const name = NAMES.find((one) => !this.live.some((member) => member.name === one));
    if (name === undefined) return;
    let client: FaultyClient | undefined;
    const member = await this.#cluster.member(name, {
      stuckShardMs: 1500,
      makeClient: (endpoint) => (client = faultyClient(endpoint)),
    });
    if (client !== undefined) client.onTxn = () => this.#fate();
    member.holder.onDrain = () =>
      this.#random() < 0.1 ? Promise.reject(new Error("busy")) : pause(this.#random() * 20);
    this.live.push(member);
    member.consensus.start().catch(() => this.#remove(member));
  }

  async strike(): Promise<void> {
    const member = this.live[Math.floor(this.#random() * this.live.length)];
    const choice = this.live.length < 3 ? "add" : FAULT_KINDS[Math.floor(this.#random() * FAULT_KINDS.length)];
    if (choice === "add" || member === undefined) await this.add();
    else if (choice === "stop") {
      this.#remove(member);
      void member.consensus.stop({ timeoutMs: this.#random() * 1000 });
    } else if (choice === "freeze") {
      member.link.pause();
      setTimeout(() => member.link.resume(), this.#random() * 4000);
    } else if (choice === "cut") member.link.cut();
    else if (choice === "etcd-freezes") {
      this.#cluster.etcd.pause();
      setTimeout(() => this.#cluster.etcd.resume(), this.#random() * 2500);
    } else if (choice === "compaction") this.#compact();
    else this.#retarget(member);
    await pause(this.#random() * 300);
  }

  heal(): void {
    this.#cluster.etcd.resume();
    for (const { link } of this.live) link.resume();
  }

  #fate(): "pass" | "lose-request" | "lose-answer" {
    const dice = this.#random();
    return dice < LOSS ? "lose-request" : dice < 2 * LOSS ? "lose-answer" : "pass";
  }

  #remove(member: TestMember): void {
    const index = this.live.indexOf(member);
    if (index !== -1) this.live.splice(index, 1);
  }

  #compact(): void {
    const { store } = this.#cluster.etcd;
    if (store.revision > store.compactRevision) store.compact(store.revision);
  }

  /** What an operator, or a leader that has just been replaced, may write at any moment. */
  #retarget(member: TestMember): void {
    const key = `shard/${Math.floor(this.#random() * SHARDS)}`;
    const [, current = ""] = (this.#cluster.get(key) ?? ",").split(",");
    this.#cluster.put(key, `${member.address},${current}`);
  }
}

const FAULT_KINDS = ["add", "stop", "freeze", "freeze", "cut", "etcd-freezes", "compaction", "retarget"] as const;

describe("whatever happens to links, etcd, processes and answers", () => {
  test.each([1, 2])(
    "no shard has two owners, epochs grow, and all is balanced afterwards (seed %i)",
    async (seed) => {
      const cluster = await TestCluster.start(SHARDS);
      const storm = new Storm(cluster, seed);
      for (let i = 0; i < 3; i += 1) await storm.add();
      for (let i = 0; i < FAULTS; i += 1) await storm.strike();
      storm.heal();
      const owned = (): number[] => storm.live.map(({ consensus }) => consensus.summary().owned);
      const isBalanced = (): boolean => {
        const counts = owned();
        const total = counts.reduce((sum, count) => sum + count, 0);
        const isEqual = Math.max(...counts) - Math.min(...counts) <= 1;
        return total === SHARDS && isEqual && storm.live.every(({ consensus }) => consensus.readiness().ready);
      };
      await until("all is balanced", isBalanced, owned, 30_000);
      expect(cluster.sampler.samples).toBeGreaterThan(100);
      await cluster.stop();
    },
    60_000,
  );
});
