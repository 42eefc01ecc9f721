import { createRequire } from "node:module";

/** An actor of nact. */
export interface NactActor {
  readonly "~nact": never;
}

/** What the benchmarks use of nact, whose own types describe no module. */
interface Nact {
  start(): NactActor;
  spawn<State, Message>(
    parent: NactActor,
    handle: (state: State | undefined, message: Message, context: { self: NactActor }) => Promise<State>,
    name: string,
  ): NactActor;
  query(actor: NactActor, message: (replyTo: NactActor) => unknown, timeoutMs: number): Promise<unknown>;
  dispatch(actor: NactActor, message: unknown, sender: NactActor): void;
  stop(actor: NactActor): void;
}

const require = createRequire(import.meta.url);

/** nact, an actor library for Node.js. */
export const nact: Nact = require("nact") as Nact;
