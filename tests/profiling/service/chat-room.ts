import type { QueueWaitTable, SpanBuffer, TaskRegistry } from "@goverse/profiling";

/** Where a room tells what it does. */
export interface Instruments {
  readonly tasks: TaskRegistry;
  readonly waits: QueueWaitTable;
  readonly spans: SpanBuffer;
}

interface Message {
  readonly room: string;
  readonly text: string;
  readonly words: readonly string[];
}

/** An object with one turn at a time, instrumented the way a runtime of objects would be. */
export class ChatRoom {
  readonly #name: string;
  readonly #instruments: Instruments;
  readonly #history: Message[] = [];
  #tail: Promise<void> = Promise.resolve();
  #holder = "";
  #queued = 0;

  constructor(name: string, instruments: Instruments) {
    this.#name = name;
    this.#instruments = instruments;
  }

  sendMessage(text: string): Promise<number> {
    return this.#turn("SendMessage", async () => {
      this.#history.push(compose(this.#name, text));
      if (this.#history.length > 100) this.#history.splice(0, 50);
      return checksum(text);
    });
  }

  /** Holds the room as a slow query would. */
  loadHistory(durationMs: number): Promise<number> {
    return this.#turn("LoadHistory", async () => {
      await new Promise((resolve) => setTimeout(resolve, durationMs));
      return this.#history.length;
    });
  }

  async #turn<T>(method: string, work: () => Promise<T>): Promise<T> {
    const { tasks, waits, spans } = this.#instruments;
    const task = tasks.begin({
      kind: "object turns",
      name: `ChatRoom.${method}`,
      state: "queued",
      labels: { object_type: "ChatRoom" },
    });
    const before = this.#tail;
    let free = (): void => undefined;
    this.#tail = new Promise((resolve) => {
      free = resolve;
    });
    const holder = this.#holder;
    const isContended = this.#queued > 0;
    this.#queued += 1;
    const joinedNs = process.hrtime.bigint();
    await before;
    const startedNs = process.hrtime.bigint();
    if (isContended) waits.record({ queue: "ChatRoom", holder, waiter: method }, Number(startedNs - joinedNs));
    task.state = "running";
    this.#holder = method;
    try {
      return await work();
    } finally {
      const [startUs, endUs] = [Number(startedNs / 1000n), Number(process.hrtime.bigint() / 1000n)];
      spans.add({ name: `ChatRoom.${method}`, category: "object turns", startUs, durationUs: endUs - startUs });
      this.#queued -= 1;
      tasks.end(task);
      free();
    }
  }
}

function compose(room: string, text: string): Message {
  return { room, text, words: text.split(" ").map((word) => word.toUpperCase()) };
}

/** Work for the processor: a bad hash, many times. */
function checksum(text: string): number {
  let hash = 2_166_136_261;
  for (let round = 0; round < 200; round += 1) {
    for (let index = 0; index < text.length; index += 1) {
      hash ^= text.charCodeAt(index);
      hash = Math.imul(hash, 16_777_619);
    }
  }
  return hash >>> 0;
}
