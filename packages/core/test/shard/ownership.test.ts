import { describe, expect, test } from "vitest";
import type { Address } from "../../src/address.ts";
import {
  assignedValue,
  claimedValue,
  claimGround,
  liveOwner,
  migratedFrom,
  mustHandOver,
  ownedEpoch,
  releasedValue,
} from "../../src/shard/ownership.ts";
import type { ShardEntry } from "../../src/shard/shard-map.ts";
import { formatShardValue, parseShardValue } from "../../src/shard/shard-value.ts";

const A = "a:1" as Address;
const B = "b:1" as Address;
const me = { address: A, incarnation: 10 };

function entry(value: string, lastOwner?: [Address, number], epoch = lastOwner ? 20 : 0): ShardEntry {
  const owner = lastOwner && { address: lastOwner[0], incarnation: lastOwner[1] };
  return { ...parseShardValue(value), modRevision: 21, lastOwner: owner, epoch };
}

const alive = (address: Address): number | undefined =>
  new Map<Address, number>([
    [A, 10],
    [B, 11],
  ]).get(address);
const onlyMe = (address: Address): number | undefined => (address === A ? 10 : undefined);

describe("a node owns a shard", () => {
  test("when the epoch names its incarnation", () => {
    expect(ownedEpoch(entry("a:1,a:1", [A, 10]), me, 0)).toBe(20);
  });
  test("also while the leader wants it elsewhere: a changed target does not stop serving", () => {
    expect(ownedEpoch(entry("b:1,a:1", [A, 10]), me, 0)).toBe(20);
  });
  test("not when an earlier incarnation of itself claimed it", () => {
    expect(ownedEpoch(entry("a:1,a:1", [A, 9]), me, 0)).toBeUndefined();
  });
  test("not when the epoch names another node, whatever the shard's key says", () => {
    expect(ownedEpoch(entry("a:1,a:1", [B, 11]), me, 0)).toBeUndefined();
  });
  test("not after a release", () => {
    expect(ownedEpoch(entry("b:1,", [A, 10]), me, 0)).toBeUndefined();
  });
  test("not once it began to release that epoch, also if the release never arrived", () => {
    expect(ownedEpoch(entry("b:1,a:1", [A, 10]), me, 20)).toBeUndefined();
    expect(ownedEpoch(entry("a:1,a:1", [A, 10]), me, 25)).toBeUndefined();
  });
  test("again with a later claim", () => {
    expect(ownedEpoch(entry("a:1,a:1", [A, 10], 26), me, 25)).toBe(26);
  });
});

describe("a node may claim a shard", () => {
  test.each([
    ["nobody ever claimed", entry("a:1,"), "released"],
    ["its owner released", entry("a:1,", [B, 11]), "released"],
    ["it released itself and got back", entry("a:1,", [A, 10]), "released"],
    ["whose two keys name different nodes", entry("a:1,b:1", [A, 10]), "released"],
    ["whose claim never had an epoch", entry("a:1,b:1"), "released"],
    ["its earlier incarnation held", entry("a:1,a:1", [A, 9]), "dead"],
    ["an earlier incarnation of a living node held", entry("a:1,b:1", [B, 7]), "dead"],
  ])("%s", (_, shard, kind) => {
    expect(claimGround(shard, me, 0, alive)?.kind).toBe(kind);
  });

  test("whose owner died, and says which incarnation the transaction has to prove dead", () => {
    expect(claimGround(entry("a:1,b:1", [B, 11]), me, 0, onlyMe)).toEqual({
      kind: "dead",
      owner: { address: B, incarnation: 11 },
    });
  });

  test("that it holds but began to release, to get a new epoch", () => {
    expect(claimGround(entry("a:1,a:1", [A, 10]), me, 20, alive)).toEqual({ kind: "again" });
  });

  test.each([
    ["a living node holds", entry("a:1,b:1", [B, 11])],
    ["it owns already", entry("a:1,a:1", [A, 10])],
    ["the leader wants elsewhere", entry("b:1,", [A, 10])],
    ["nobody is to own", entry(",")],
  ])("but not one that %s", (_, shard) => {
    expect(claimGround(shard, me, 0, alive)).toBeUndefined();
  });
});

describe("a node hands over a shard", () => {
  test.each([
    ["it owns and the leader wants elsewhere", entry("b:1,a:1", [A, 10]), true],
    ["it is to keep", entry("a:1,a:1", [A, 10]), false],
    ["another incarnation claimed", entry("b:1,a:1", [A, 9]), false],
    ["it has released", entry("b:1,", [A, 10]), false],
    ["nobody else is to get", entry(",a:1", [A, 10]), false],
  ])("%s: %s", (_, shard, expected) => {
    expect(mustHandOver(shard, me)).toBe(expected);
  });
});

describe("every write of a shard", () => {
  const shard = entry("b:1,a:1,f=pinned,f=later", [A, 10]);
  test("keeps the flags, and of target and owner what is not its own", () => {
    expect(formatShardValue(assignedValue(shard, A))).toBe("a:1,a:1,f=pinned,f=later");
    expect(formatShardValue(releasedValue(shard))).toBe("b:1,,f=pinned,f=later");
    expect(formatShardValue(claimedValue(shard, { address: B, incarnation: 11 }))).toBe("b:1,b:1,f=pinned,f=later");
  });
});

test("an owner is alive only as the incarnation that claimed", () => {
  expect(liveOwner(entry("b:1,b:1", [B, 11]), alive)?.address).toBe(B);
  expect(liveOwner(entry("b:1,b:1", [B, 7]), alive)).toBeUndefined();
  expect(liveOwner(entry("b:1,b:1", [B, 11]), onlyMe)).toBeUndefined();
});

test("a migration comes from the last other owner, also across a release", () => {
  expect(migratedFrom(entry("a:1,b:1", [B, 7]), A)).toBe(B);
  expect(migratedFrom(entry("a:1,", [B, 11]), A)).toBe(B);
  expect(migratedFrom(entry("a:1,a:1", [A, 9]), A)).toBeUndefined();
  expect(migratedFrom(entry("a:1,"), A)).toBeUndefined();
});
