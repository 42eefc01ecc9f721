import type { ICompare, IDeleteRangeRequest, IPutRequest, IRangeRequest, IRequestOp, ITxnRequest } from "etcd3";
import type { Random } from "./random.ts";

/** Few keys, so that calls meet: the same key written, deleted, compared and read again and again. */
const KEYS = 24;
/** Few leases, so that grants collide and revocations hit. */
export const LEASES = 5;
const MAX_NESTING = 2;

/** What the generator knows about the store: enough to aim at revisions that exist, are gone, or are still to come. */
export interface Bounds {
  readonly revision: number;
  readonly compactRevision: number;
}

/** Makes random requests on the keys below `/k/`. */
export class RandomRequests {
  readonly #random: Random;
  /**
   * Whether deletions may run to the last key; otherwise puts may keep the old value or lease. Never both: etcd 3.4 overlooks that
   * such a deletion and such a put meet in one transaction, and then its process ends in a panic.
   */
  readonly #openEnded: boolean;

  constructor(random: Random) {
    this.#random = random;
    this.#openEnded = random.oneIn(2);
  }

  key(): Buffer {
    return Buffer.from(`/k/${this.#random.below(KEYS)}`);
  }

  /** A lease that exists, one that may exist, or none. */
  lease(): string {
    return String(this.#random.oneIn(3) ? 1 + this.#random.below(LEASES + 1) : 0);
  }

  /** Mostly the present, sometimes the past, the compacted past or the future. */
  revision({ revision, compactRevision }: Bounds): string {
    const random = this.#random;
    if (!random.oneIn(4)) return "0";
    if (random.oneIn(10)) return String(revision + random.below(3));
    const oldest = Math.max(compactRevision - 1, 1);
    return String(oldest + random.below(Math.max(revision - oldest, 1)));
  }

  put(): IPutRequest {
    const random = this.#random;
    const request: IPutRequest = {
      key: this.key(),
      value: Buffer.from(`v${random.below(50)}`),
      prev_kv: random.oneIn(2),
    };
    const lease = this.lease();
    if (lease !== "0") request.lease = lease;
    if (!this.#openEnded && random.oneIn(6)) {
      request.ignore_value = true;
      if (!random.oneIn(4)) delete request.value;
    }
    if (!this.#openEnded && random.oneIn(6)) {
      request.ignore_lease = true;
      if (!random.oneIn(4)) delete request.lease;
    }
    return random.oneIn(60) ? { ...request, key: Buffer.alloc(0) } : request;
  }

  range(bounds: Bounds): IRangeRequest {
    const random = this.#random;
    const request: IRangeRequest = { key: this.key(), revision: this.revision(bounds) };
    if (random.oneIn(2)) Object.assign(request, this.#span());
    if (random.oneIn(4)) request.limit = 1 + random.below(8);
    if (random.oneIn(5)) request.keys_only = true;
    if (random.oneIn(8)) request.count_only = true;
    if (random.oneIn(3)) request.sort_order = random.pick(["None", "Ascend", "Descend"] as const);
    if (random.oneIn(3)) request.sort_target = random.pick(["Key", "Version", "Create", "Mod", "Value"] as const);
    if (random.oneIn(8)) request.min_mod_revision = String(random.below(bounds.revision));
    if (random.oneIn(8)) request.max_mod_revision = String(random.below(bounds.revision));
    if (random.oneIn(8)) request.min_create_revision = String(random.below(bounds.revision));
    if (random.oneIn(8)) request.max_create_revision = String(random.below(bounds.revision));
    return random.oneIn(60) ? { ...request, key: Buffer.alloc(0) } : request;
  }

  deleteRange(): IDeleteRangeRequest {
    const random = this.#random;
    const request: IDeleteRangeRequest = { key: this.key(), prev_kv: random.oneIn(2) };
    if (random.oneIn(3)) Object.assign(request, this.#span());
    return request;
  }

  txn(bounds: Bounds, nesting: number = MAX_NESTING): ITxnRequest {
    const random = this.#random;
    return {
      compare: Array.from({ length: random.below(3) }, () => this.#compare(bounds)),
      success: Array.from({ length: random.below(4) }, () => this.#op(bounds, nesting)),
      failure: Array.from({ length: random.below(4) }, () => this.#op(bounds, nesting)),
    };
  }

  /** A prefix, the rest of all keys, a piece in the middle, or an empty piece. */
  #span(): { key: Buffer; range_end: Buffer } {
    const random = this.#random;
    if (this.#openEnded && random.oneIn(4)) return { key: this.key(), range_end: Buffer.from([0]) };
    if (random.oneIn(3)) return { key: this.key(), range_end: this.key() };
    return random.oneIn(2)
      ? { key: Buffer.from("/k/"), range_end: Buffer.from("/k0") }
      : { key: Buffer.from("/k/1"), range_end: Buffer.from("/k/2") };
  }

  #compare({ revision }: Bounds): ICompare {
    const random = this.#random;
    const target = random.pick(["Version", "Create", "Mod", "Value", "Lease"] as const);
    const compare: ICompare = {
      key: this.key(),
      target,
      result: random.pick(["Equal", "Greater", "Less", "NotEqual"] as const),
    };
    const number = String(random.oneIn(2) ? 0 : random.below(revision));
    if (target === "Version") compare.version = String(random.below(4));
    if (target === "Create") compare.create_revision = number;
    if (target === "Mod") compare.mod_revision = number;
    if (target === "Value") compare.value = Buffer.from(random.oneIn(6) ? "" : `v${random.below(50)}`);
    if (target === "Lease") compare.lease = this.lease();
    return random.oneIn(6) ? { ...compare, ...this.#span() } : compare;
  }

  #op(bounds: Bounds, nesting: number): IRequestOp {
    switch (this.#random.below(nesting > 0 ? 6 : 4)) {
      case 0:
        return { request_range: this.range(bounds) };
      case 1:
        return { request_delete_range: this.deleteRange() };
      case 2:
      case 3:
        return { request_put: this.put() };
      default:
        return { request_txn: this.txn(bounds, nesting - 1) };
    }
  }
}
