import type { Clock, Logger, Timer } from "@goverse/core";
import { Backoff } from "./backoff.ts";
import type { EtcdClient, KeyValue, RangeResult, WatchEvent, WatchStream } from "./etcd/client.ts";
import { type Audit, auditVerdict, type MirrorFacts } from "./audit.ts";

/** One key's newer version; `kv` is `undefined` when it was deleted. */
export interface KeyChange {
  readonly key: string;
  readonly modRevision: number;
  readonly kv: KeyValue | undefined;
}

/** What a mirror needs. */
export interface MirrorOptions {
  readonly client: EtcdClient;
  /** With its trailing slash. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Limit of one request, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Newer versions of keys, one call per list or watch message. */
  readonly onChanges: (changes: readonly KeyChange[]) => void;
  /** Called at every sign of life and every time one is missing, at least every {@link PROGRESS_INTERVAL_MS}. */
  readonly onPulse: () => void;
}

/** How often the server is asked for progress: the finest age of the view. */
export const PROGRESS_INTERVAL_MS = 2000;
/** Age at which a watch counts as dead and is opened anew: three missed answers. */
export const MAX_SILENCE_MS: number = 3 * PROGRESS_INTERVAL_MS;
/** How often the mirror is compared with the store, because a watch can lose events without ending. */
const AUDIT_INTERVAL_MS = 10_000;
/** How long the watch may need to deliver what an audit has seen, before it counts as dead. */
const AUDIT_PATIENCE_MS = 4000;

/**
 * All keys under one prefix, kept equal to etcd: one list, then one watch that resumes after every interruption at the revision
 * after the last event. It lists again only when the watch cannot be resumed or the two are found to differ.
 */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #backoff: Backoff;
  /** Mod revision of every existing key. */
  readonly #keys = new Map<string, number>();
  /** Everything up to here has been seen. */
  #revision = 0;
  #listed = false;
  #live = false;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  #stopped = false;
  #lastError = "";
  #stream: WatchStream | undefined;
  #watchingSinceMs = 0;
  #endWatch: ((reason: WatchEnd) => void) | undefined;
  #timer: Timer | undefined;
  #nextAuditAtMs: number;
  #audit: Audit | undefined;
  #lists = 0;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock, options.random);
    this.#nextAuditAtMs = options.clock.monotonicMs() + AUDIT_INTERVAL_MS;
  }

  /** Whether the watch is open and the server has confirmed it. */
  get live(): boolean {
    return this.#live;
  }

  /** Why the last attempt to list or watch failed. */
  get lastError(): string {
    return this.#lastError;
  }

  /** How often all keys were read; 1 unless a watch could not be resumed or lost something. */
  get lists(): number {
    return this.#lists;
  }

  /** Milliseconds since the server last answered; `Infinity` before the first list. */
  ageMs(): number {
    return this.#options.clock.monotonicMs() - this.#confirmedAtMs;
  }

  /** Begins, and goes on until {@link stop}. */
  start(): void {
    void this.#run();
    this.#tick();
  }

  stop(): void {
    this.#stopped = true;
    this.#live = false;
    this.#timer?.cancel();
    this.#endWatch?.("stopped");
  }

  /** The mirror may be wrong: read everything again. */
  doubt(why: string): void {
    this.#options.logger.warn("the view of etcd is in doubt, reading everything again", { why });
    this.#listed = false;
    this.#endWatch?.("doubted");
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const failure = await this.#listAndWatch();
      this.#live = false;
      if (this.#stopped) return;
      this.#options.onPulse();
      if (failure !== undefined) {
        if (failure !== this.#lastError) this.#options.logger.info("not connected to etcd", { why: failure });
        this.#lastError = failure;
        await this.#backoff.pause();
      }
    }
  }

  /** @returns Why it ended, `undefined` when the next attempt may follow at once. */
  async #listAndWatch(): Promise<string | undefined> {
    if (!this.#listed) {
      try {
        await this.#list();
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    }
    // Read before the watch is opened: a doubt raised meanwhile ends it.
    const end = await this.#watch();
    if (end === "compacted") this.#listed = false;
    if (end === "compacted" || end === "doubted" || end === "stopped") return undefined;
    return end;
  }

  async #list(): Promise<void> {
    const { client, prefix, requestTimeoutMs, clock } = this.#options;
    const sentAtMs = clock.monotonicMs();
    const listed = await client.range({ prefix }, requestTimeoutMs);
    // A member that lags behind must not take the view back in time. If it stays like this, etcd has been replaced or restored, and
    // no epoch that was given out means anything any more: only a restart of everything helps.
    if (listed.revision < this.#revision) {
      throw new Error(
        `etcd is at revision ${listed.revision}, but was at ${this.#revision} already: a member that lags, or restored`,
      );
    }
    this.#lists += 1;
    this.#listed = true;
    this.#audit = undefined;
    this.#revision = listed.revision;
    this.#confirmedAtMs = sentAtMs;
    this.#deliver(this.#difference(listed));
  }

  /** What a full read says that the mirror does not know, deletions included. */
  #difference(listed: RangeResult): KeyChange[] {
    const existing = new Set(listed.kvs.map((kv) => kv.key));
    const gone = [...this.#keys.keys()].filter((key) => !existing.has(key));
    const fresh = listed.kvs.filter((kv) => this.#keys.get(kv.key) !== kv.modRevision);
    return [
      ...gone.map((key) => ({ key, modRevision: listed.revision, kv: undefined })),
      ...fresh.map((kv) => ({ key: kv.key, modRevision: kv.modRevision, kv })),
    ];
  }

  #watch(): Promise<WatchEnd> {
    const { client, prefix } = this.#options;
    return new Promise((resolve) => {
      const end = (reason: WatchEnd): void => {
        this.#stream?.close();
        this.#stream = undefined;
        this.#endWatch = undefined;
        this.#live = false;
        resolve(reason);
      };
      this.#endWatch = end;
      this.#watchingSinceMs = this.#options.clock.monotonicMs();
      this.#stream = client.openWatch(
        { prefix, startRevision: this.#revision + 1 },
        {
          onCreated: () => this.#onCreated(),
          onEvents: (events) => this.#onEvents(events),
          onProgress: () => this.#onAnswer(),
          onEnd: (reason, message) => end(reason === "compacted" ? reason : message),
        },
      );
      if (this.#stopped) end("stopped");
    });
  }

  #onCreated(): void {
    this.#live = true;
    this.#lastError = "";
    this.#backoff.reset();
    this.#onAnswer();
  }

  #onEvents(events: readonly WatchEvent[]): void {
    const changes: KeyChange[] = [];
    for (const event of events) {
      const change: KeyChange =
        event.type === "put"
          ? { key: event.kv.key, modRevision: event.kv.modRevision, kv: event.kv }
          : { key: event.key, modRevision: event.modRevision, kv: undefined };
      // A resumed watch may repeat itself; one that goes back in time is not believed.
      if (change.modRevision > this.#revision) changes.push(change);
    }
    const last = changes.at(-1);
    if (last !== undefined) this.#revision = last.modRevision;
    this.#confirmedAtMs = this.#options.clock.monotonicMs();
    this.#deliver(changes);
    this.#judge();
  }

  #onAnswer(): void {
    this.#confirmedAtMs = this.#options.clock.monotonicMs();
    this.#judge();
    this.#options.onPulse();
  }

  #deliver(changes: readonly KeyChange[]): void {
    for (const { key, kv } of changes) {
      if (kv === undefined) this.#keys.delete(key);
      else this.#keys.set(key, kv.modRevision);
    }
    this.#options.onChanges(changes);
  }

  /** Every {@link PROGRESS_INTERVAL_MS}: asks for a sign of life, and gives up a watch that has not given one for too long. */
  #tick(): void {
    if (this.#stopped) return;
    const { clock, onPulse } = this.#options;
    this.#timer = clock.setTimer(PROGRESS_INTERVAL_MS, () => this.#tick());
    if (this.#live) {
      this.#stream?.requestProgress();
      if (this.ageMs() > MAX_SILENCE_MS) this.#endWatch?.("the server is silent");
      else if (clock.monotonicMs() >= this.#nextAuditAtMs) void this.#startAudit();
      else this.#judge();
    } else if (clock.monotonicMs() - this.#watchingSinceMs > MAX_SILENCE_MS) {
      this.#endWatch?.("the server does not answer");
    }
    onPulse();
  }

  async #startAudit(): Promise<void> {
    const { client, prefix, clock, requestTimeoutMs } = this.#options;
    this.#nextAuditAtMs = clock.monotonicMs() + AUDIT_INTERVAL_MS;
    try {
      const newest = await client.range({ prefix, limit: 1, newestFirst: true, keysOnly: true }, requestTimeoutMs);
      this.#audit = {
        revision: newest.revision,
        count: newest.count,
        highest: newest.kvs[0]?.modRevision ?? 0,
        giveUpAtMs: clock.monotonicMs() + AUDIT_PATIENCE_MS,
      };
      this.#judge();
    } catch {
      // Not reachable just now: the watch finds that out by itself, and the next audit comes soon.
    }
  }

  #judge(): void {
    if (this.#audit === undefined) return;
    const verdict = auditVerdict(this.#audit, () => this.#facts(), this.#revision, this.#options.clock.monotonicMs());
    if (verdict === "wait") return;
    this.#audit = undefined;
    if (verdict === "differs") this.doubt("the watch has not delivered what the store holds");
  }

  #facts(): MirrorFacts {
    let highest = 0;
    for (const revision of this.#keys.values()) highest = Math.max(highest, revision);
    return { count: this.#keys.size, highest };
  }
}

/** Why a watch ended; any other text is the server's reason. */
type WatchEnd = "compacted" | "doubted" | "stopped" | (string & {});
