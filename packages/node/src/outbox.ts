import { GoverseError, type PushMessage } from "@goverse/core";
import type { NodeLimits } from "./limits.ts";

/** Events of a running turn: they leave together with its reply, or not at all. */
export class Outbox {
  readonly #limits: Pick<NodeLimits, "outboxMessages" | "outboxBytes">;
  #messages: PushMessage[] = [];
  #bytes = 0;

  constructor(limits: Pick<NodeLimits, "outboxMessages" | "outboxBytes">) {
    this.#limits = limits;
  }

  /** @throws GoverseError `RESOURCE_EXHAUSTED` when the turn holds back more than it may; nothing is added then. */
  add(message: PushMessage): void {
    const { outboxMessages, outboxBytes } = this.#limits;
    const bytes = this.#bytes + sizeOf(message);
    if (this.#messages.length >= outboxMessages || bytes > outboxBytes) {
      throw new GoverseError(
        "RESOURCE_EXHAUSTED",
        `a turn may hold back ${outboxMessages} events of ${outboxBytes} bytes in all; let them leave with ctx.flush()`,
      );
    }
    this.#messages.push(message);
    this.#bytes = bytes;
  }

  /** Everything held back so far; the outbox is empty afterwards. */
  take(): readonly PushMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    return messages;
  }
}

/** Roughly what an event occupies: its payload and the names of those who get it. */
function sizeOf(message: PushMessage): number {
  let bytes = message.payload?.bytes.length ?? 0;
  if (message.to !== "everyone") for (const client of message.to) bytes += client.length;
  return bytes;
}
