import type { FrameResolver } from "../code/frame-resolver.ts";
import { type Frame, namedFrame, type Sample } from "../pprof/snapshot.ts";
import { StackTable } from "../pprof/stack-table.ts";
import type { HeapNode, HeapProfile } from "./heap-profile.ts";
import { SizeDecoder } from "./size-decoder.ts";

/** What one call site has: samples by reported size. */
type Counts = Map<number, number>;

/**
 * Turns what the engine says of live objects into Go's four values: allocated objects and bytes since the start, and those in use.
 *
 * The engine numbers every sample it ever takes, so also what is gone already is known as a sum; it is charged to a stack when a
 * reading found it alive, and to a name of its own when none did. What went since the youngest survivor shows up a reading later.
 */
export class HeapAccounts {
  readonly #resolver: FrameResolver;
  readonly #intervalBytes: number;
  readonly #decoder: SizeDecoder;
  readonly #allocated = new StackTable();
  readonly #unseen = [namedFrame("(freed before it could be attributed)")];
  #run = 0;
  #lastOrdinal = 0;

  constructor(resolver: FrameResolver, intervalBytes: number) {
    this.#resolver = resolver;
    this.#intervalBytes = intervalBytes;
    this.#decoder = new SizeDecoder(intervalBytes);
  }

  /**
   * Adds a reading and returns the samples of the profile.
   *
   * @param run of the sampler: in a new one ordinals begin anew
   */
  add({ head, samples }: HeapProfile, run: number): readonly Sample[] {
    if (run !== this.#run) this.#lastOrdinal = 0;
    this.#run = run;
    const live = new Map<number, Counts>();
    const fresh = new Map<number, Counts>();
    let newest = this.#lastOrdinal;
    let freshCount = 0;
    for (const { nodeId, size, ordinal } of samples) {
      countIn(live, nodeId, size);
      if (ordinal <= this.#lastOrdinal) continue;
      countIn(fresh, nodeId, size);
      freshCount += 1;
      newest = Math.max(newest, ordinal);
    }
    const goneCount = newest - this.#lastOrdinal - freshCount;
    if (goneCount > 0) this.#allocated.add(this.#unseen, [0, goneCount * this.#intervalBytes, 0, 0]);
    this.#lastOrdinal = newest;

    const inUse = this.#walk(head, live, fresh);
    return [...inUse, ...this.#allocated.all()];
  }

  #walk(head: HeapNode, live: ReadonlyMap<number, Counts>, fresh: ReadonlyMap<number, Counts>): readonly Sample[] {
    const inUse: Sample[] = [];
    const visit = (node: HeapNode, stack: readonly Frame[]): void => {
      const counts = live.get(node.id);
      if (counts !== undefined) {
        const sizes = this.#decoder.decode(counts, node.selfSize);
        const objects = [...sizes.values()].reduce((sum, decoded) => sum + decoded.objects, 0);
        inUse.push({ stack, values: [0, 0, objects, node.selfSize] });
        for (const [reported, samples] of fresh.get(node.id) ?? []) {
          const size = sizes.get(reported)?.size ?? reported;
          const made = this.#decoder.objectsOf(size, samples);
          this.#allocated.add(stack, [made, made * size, 0, 0]);
        }
      }
      for (const child of node.children) visit(child, [this.#resolver.resolve(child.callFrame), ...stack]);
    };
    visit(head, []);
    return inUse;
  }
}

function countIn(counts: Map<number, Counts>, nodeId: number, size: number): void {
  const ofNode: Counts = counts.get(nodeId) ?? new Map<number, number>();
  counts.set(nodeId, ofNode);
  ofNode.set(size, (ofNode.get(size) ?? 0) + 1);
}
