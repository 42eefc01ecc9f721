import type { EmbeddedEtcd, WatchEvent } from "@goverse/embedded-etcd";

/** One shard as the keys in etcd tell of it. */
interface Shard {
  target: string;
  current: string;
  /** `address,incarnation` of the last claim. */
  owner: string;
  /** Revision of the last claim; 0 before the first. */
  epoch: number;
}

/** What one process did, by the keys alone. */
export interface Deeds {
  claims: number;
  releases: number;
  /** How often it registered: once, and once for each lease it lost. */
  registrations: number;
  /** By the node that had the shard before. */
  readonly migrationsFrom: Map<string, number>;
}

/**
 * Keeps the books on shards: sees every write to etcd as it happens and counts by itself. Knows nothing of the code that writes them,
 * only the layout of the keys.
 */
export class EtcdLedger {
  readonly #shards = new Map<number, Shard>();
  readonly #deeds = new Map<string, Deeds>();
  /** Address of each registered node, with its incarnation. */
  readonly #alive = new Map<string, number>();
  readonly #close: () => void;

  constructor(etcd: EmbeddedEtcd, prefix = "/goverse/") {
    const stream = etcd.store.openWatchStream({
      full: false,
      send: ({ events }) => {
        for (const event of events) this.#see(event.kv.key.slice(prefix.length), event);
      },
    });
    stream.create({ key: prefix, rangeEnd: `${prefix.slice(0, -1)}0` });
    this.#close = () => stream.close();
  }

  /** Revision of the claim under which the shard is owned now; `undefined` when nobody living owns it. */
  epochOf(shard: number): number | undefined {
    return this.ownerOf(shard) === undefined ? undefined : this.#shards.get(shard)?.epoch;
  }

  /** Address of the living owner. */
  ownerOf(shard: number): string | undefined {
    const known = this.#shards.get(shard);
    if (known === undefined || known.current === "" || !known.owner.startsWith(`${known.current},`)) return undefined;
    return known.owner === `${known.current},${this.#alive.get(known.current)}` ? known.current : undefined;
  }

  owned(address: string): number {
    return [...this.#shards.keys()].filter((shard) => this.ownerOf(shard) === address).length;
  }

  migrating(): number {
    return [...this.#shards.values()].filter(
      ({ target, current, epoch }) => target !== "" && target !== current && epoch > 0,
    ).length;
  }

  deedsOf(address: string): Deeds {
    const known = this.#deeds.get(address);
    if (known !== undefined) return known;
    const deeds = { claims: 0, releases: 0, registrations: 0, migrationsFrom: new Map() };
    this.#deeds.set(address, deeds);
    return deeds;
  }

  /** Whether exactly these nodes are registered, share the shards evenly, and nothing is on its way. */
  isSettled(addresses: readonly string[], shardCount: number): boolean {
    const shares = addresses.map((address) => this.owned(address));
    const total = shares.reduce((sum, share) => sum + share, 0);
    const registered = [...this.#alive.keys()].sort().join() === addresses.toSorted().join();
    return (
      registered && total === shardCount && Math.max(...shares) - Math.min(...shares) <= 1 && this.migrating() === 0
    );
  }

  close(): void {
    this.#close();
  }

  #see(key: string, { type, kv }: WatchEvent): void {
    const slash = key.indexOf("/");
    const [kind, rest] = [key.slice(0, slash), key.slice(slash + 1)];
    if (kind === "nodes") {
      if (type === "put") this.#seeNode(rest, kv.createRevision);
      else this.#alive.delete(rest);
    } else if (kind === "shard" && type === "put") this.#seeShard(Number(rest), kv.value);
    else if (kind === "epoch" && type === "put") this.#seeClaim(Number(rest), kv.value, kv.modRevision);
  }

  #seeNode(address: string, incarnation: number): void {
    if (this.#alive.get(address) !== incarnation) this.deedsOf(address).registrations += 1;
    this.#alive.set(address, incarnation);
  }

  #seeShard(number: number, value: string): void {
    const [target = "", current = ""] = value.split(",");
    const shard = this.#shardOf(number);
    if (shard.current !== "" && current === "") this.deedsOf(shard.current).releases += 1;
    shard.target = target;
    shard.current = current;
  }

  #seeClaim(number: number, owner: string, epoch: number): void {
    const [address = ""] = owner.split(",");
    const shard = this.#shardOf(number);
    const [before = ""] = shard.owner.split(",");
    const deeds = this.deedsOf(address);
    deeds.claims += 1;
    if (before !== "" && before !== address) {
      deeds.migrationsFrom.set(before, (deeds.migrationsFrom.get(before) ?? 0) + 1);
    }
    shard.owner = owner;
    shard.epoch = epoch;
  }

  #shardOf(number: number): Shard {
    let shard = this.#shards.get(number);
    if (shard === undefined) this.#shards.set(number, (shard = { target: "", current: "", owner: "", epoch: 0 }));
    return shard;
  }
}
