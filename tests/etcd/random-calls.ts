import type { Etcd3 } from "etcd3";
import type { Random } from "./random.ts";
import { type Bounds, LEASES, RandomRequests } from "./random-requests.ts";
import { outcome } from "./raw-client.ts";
import { rangeWithoutTies, txnWithoutTies } from "./without-ties.ts";

/** One call, to be made on several servers. */
export interface RandomCall {
  readonly name: string;
  readonly request: unknown;
  /** Makes the call and returns its answer as comparable data. */
  run(client: Etcd3): Promise<unknown>;
}

/** Far longer than a run: leases end by revocation only, so that time has no part in the comparison. */
const SHORTEST_TTL_SECONDS = 1000;

/** A random call. The mix: 3 puts, 2 ranges, 1 deletion, 3 transactions, 1 about leases in ten. */
export function randomCall(random: Random, bounds: Bounds): RandomCall {
  const requests = new RandomRequests(random);
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2: {
      const request = requests.put();
      return { name: "put", request, run: (client) => outcome(client.kv.put(request)) };
    }
    case 3:
    case 4: {
      const request = requests.range(bounds);
      const run = async (client: Etcd3): Promise<unknown> =>
        rangeWithoutTies(request, await outcome(client.kv.range(request)));
      return { name: "range", request, run };
    }
    case 5: {
      const request = requests.deleteRange();
      return { name: "deleteRange", request, run: (client) => outcome(client.kv.deleteRange(request)) };
    }
    case 6:
    case 7:
    case 8: {
      const request = requests.txn(bounds);
      const run = async (client: Etcd3): Promise<unknown> =>
        txnWithoutTies(request, await outcome(client.kv.txn(request)));
      return { name: "txn", request, run };
    }
    default:
      return leaseCall(random);
  }
}

/** A compaction at, before or after what is possible; mostly possible. */
export function randomCompaction(random: Random, { revision, compactRevision }: Bounds): RandomCall {
  const span = Math.max(revision - compactRevision, 1);
  const target = random.oneIn(4) ? compactRevision + random.below(2) : compactRevision + 1 + random.below(span + 1);
  const request = { revision: String(target), physical: true };
  return { name: "compact", request, run: (client) => outcome(client.kv.compact(request)) };
}

function leaseCall(random: Random): RandomCall {
  const ID = String(1 + random.below(LEASES));
  switch (random.below(6)) {
    case 0:
    case 1: {
      const TTL = random.oneIn(10) ? "9000000001" : String(SHORTEST_TTL_SECONDS + random.below(1000));
      return {
        name: "leaseGrant",
        request: { ID, TTL },
        run: (client) => outcome(client.leaseClient.leaseGrant({ ID, TTL })),
      };
    }
    case 2:
      return { name: "leaseRevoke", request: { ID }, run: (client) => outcome(client.leaseClient.leaseRevoke({ ID })) };
    case 3:
      return {
        name: "leaseLeases",
        request: {},
        run: async (client) => leasesByNumber(await outcome(client.leaseClient.leaseLeases())),
      };
    default:
      return {
        name: "leaseTimeToLive",
        request: { ID, keys: true },
        run: async (client) => withoutTime(await outcome(client.leaseClient.leaseTimeToLive({ ID, keys: true }))),
      };
  }
}

/** etcd lists leases by the time they end, which two servers cannot agree on to the millisecond. */
function leasesByNumber(answer: unknown): unknown {
  const { leases, ...rest } = answer as { leases?: readonly { readonly ID: string }[] };
  return { ...rest, leases: leases?.map(({ ID }) => ID).toSorted() };
}

/** The seconds left depend on the moment, and etcd lists keys in no order. */
function withoutTime(answer: unknown): unknown {
  const { TTL, keys, ...rest } = answer as { TTL?: string; keys?: readonly string[] };
  return { ...rest, alive: Number(TTL) > 0, keys: keys?.toSorted() };
}
