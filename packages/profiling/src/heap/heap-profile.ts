import type { CallFrame } from "../code/frame-resolver.ts";

/** A call site in the engine's heap profile. */
export interface HeapNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  /** Bytes of the site itself, scaled from the samples. */
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** What the inspector returns; Node's types leave out the samples. */
export interface HeapProfile {
  readonly head: HeapNode;
  readonly samples: readonly {
    /** Scaled: see the size decoder. */
    readonly size: number;
    readonly nodeId: number;
    /** Numbers every sample ever taken, also those whose objects are gone. */
    readonly ordinal: number;
  }[];
}
