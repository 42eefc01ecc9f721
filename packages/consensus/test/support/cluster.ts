import type { Address } from "@goverse/core";
import { type EmbeddedEtcd, startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { Consensus, type ConsensusOptions, type EtcdClient } from "../../src/index.ts";
import { OwnershipSampler } from "./ownership-sampler.ts";
import { RecordingHolder, RecordingLogger, RecordingMetrics } from "./recorder.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";
import { until } from "./until.ts";

/** One process of a test cluster: in truth all share this one. */
export interface TestMember {
  readonly name: string;
  readonly address: Address;
  readonly consensus: Consensus;
  readonly holder: RecordingHolder;
  readonly metrics: RecordingMetrics;
  readonly logger: RecordingLogger;
  /** Its link to etcd. */
  readonly link: TcpProxy;
}

/** How a member differs from the usual. */
export interface MemberOptions extends Partial<ConsensusOptions> {
  /** Makes the client from the address of the member's own link. */
  readonly makeClient?: (endpoint: string) => EtcdClient;
}

/** An embedded etcd, and nodes and gates around it, watched by an {@link OwnershipSampler}. */
export class TestCluster {
  readonly etcd: EmbeddedEtcd;
  readonly shardCount: number;
  readonly sampler: OwnershipSampler;
  readonly #members: TestMember[] = [];
  readonly #links: TcpProxy[] = [];

  private constructor(etcd: EmbeddedEtcd, shardCount: number) {
    this.etcd = etcd;
    this.shardCount = shardCount;
    this.sampler = new OwnershipSampler(shardCount);
  }

  static async start(shardCount = 16): Promise<TestCluster> {
    return new TestCluster(await startEmbeddedEtcd({ port: 0 }), shardCount);
  }

  /** Makes a process, without starting it. */
  async member(name: string, options: MemberOptions = {}): Promise<TestMember> {
    const { makeClient, ...rest } = options;
    const link = await startTcpProxy(this.etcd.address);
    this.#links.push(link);
    const address = `${name}:1` as Address;
    const holder = new RecordingHolder();
    const metrics = new RecordingMetrics();
    const logger = new RecordingLogger();
    const consensus = new Consensus({
      role: name.startsWith("gate") ? "gate" : "node",
      address,
      etcdEndpoints: [link.address],
      etcdPrefix: "/test",
      shardCount: this.shardCount,
      leaseTtlSeconds: 2,
      meta: { version: "1.2.3", types: ["Room"], protocol: { min: 1, max: 1 } },
      holder,
      metrics,
      logger,
      ...(makeClient === undefined ? {} : { client: makeClient(link.address) }),
      ...rest,
    });
    const member = { name, address, consensus, holder, metrics, logger, link };
    this.#members.push(member);
    this.sampler.watch(member.name, consensus);
    return member;
  }

  /** Makes and starts processes, and waits until all are ready. */
  async join(...names: string[]): Promise<TestMember[]> {
    // Spares the first leader the wait for quiet.
    const expectNodes = Math.max(1, names.filter((name) => !name.startsWith("gate")).length);
    const members = await Promise.all(names.map((name) => this.member(name, { expectNodes })));
    await Promise.all(members.map(({ consensus }) => consensus.start()));
    await this.ready(...members);
    return members;
  }

  /** Waits until all of them are ready. */
  async ready(...members: readonly TestMember[]): Promise<void> {
    const state = (): unknown => members.map(({ name, consensus }) => [name, consensus.readiness()]);
    await until("all are ready", () => members.every(({ consensus }) => consensus.readiness().ready), state);
  }

  /** Waits until these nodes own all shards, equally, and nothing moves. */
  async balanced(...nodes: readonly TestMember[]): Promise<void> {
    const owned = (): number[] => nodes.map(({ consensus }) => consensus.summary().owned);
    const isBalanced = (): boolean => {
      const counts = owned();
      const total = counts.reduce((sum, count) => sum + count, 0);
      return total === this.shardCount && Math.max(...counts) - Math.min(...counts) <= 1;
    };
    await until("all shards are owned equally", isBalanced, owned);
    await this.ready(...nodes);
  }

  /** A node dies without a word: its link stands still for ever. */
  kill(member: TestMember): void {
    member.link.pause();
  }

  /** Writes a key as an operator would (ASCII only). */
  put(key: string, value: string): void {
    this.etcd.store.put({ key: `/test/${key}`, value });
  }

  /** Reads a key. */
  get(key: string): string | undefined {
    return this.etcd.store.range({ key: `/test/${key}` }).kvs[0]?.value;
  }

  /** Ends everything. @throws Error when the sampler has seen a violation. */
  async stop(): Promise<void> {
    for (const link of this.#links) link.resume();
    await Promise.all(this.#members.map(({ consensus }) => consensus.stop({ timeoutMs: 200 })));
    this.sampler.stop();
    await Promise.all(this.#links.map((link) => link.close()));
    await this.etcd.stop();
    this.sampler.verify();
  }
}
