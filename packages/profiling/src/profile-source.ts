import type { Snapshot } from "./pprof/snapshot.ts";

/** A profile that exists at any moment, as opposed to one that is recorded for a while. */
export interface ProfileSource {
  readonly name: string;
  /** One sentence for the index page: what it means in Node. */
  readonly description: string;
  /** What the index page shows beside the name; `undefined` where knowing would cost as much as the profile. */
  count(): number | undefined;
  /** @param fresh not the last one again, however recent */
  take(fresh: boolean): Promise<Snapshot>;
  /** The text of `debug=2`, where there is more to say than in the profile. */
  describe?(): string;
}
