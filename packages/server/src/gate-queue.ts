/** Most messages that wait for one gate: what other systems of this kind keep, and about a second of a busy chat. */
const MAX_QUEUED_MESSAGES = 1024;
/** Most bytes that wait for one gate, so that a gate that stopped reading costs a bounded part of the heap. */
const MAX_QUEUED_BYTES: number = 8 * 1024 * 1024;

/** The writing end of a stream, as Node's writables have it. */
export interface GateWriter<Message> {
  /** Takes a message; false when the next one should wait for `onDrain`. */
  write(message: Message): boolean;
  /** Ends the stream after what was written. */
  end(): void;
}

/** Limits of one {@link GateQueue}. */
export interface GateQueueLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/**
 * Messages on their way to one gate, in order. As long as the gate reads, each goes straight to the stream; when it does not, up to
 * the limits wait and newer ones are refused, so that what was accepted is delivered without gaps.
 */
export class GateQueue<Message> {
  readonly #writer: GateWriter<Message>;
  readonly #limits: GateQueueLimits;
  #waiting: { readonly message: Message; readonly bytes: number }[] = [];
  #waitingBytes = 0;
  #blocked = false;
  #ended = false;

  constructor(
    writer: GateWriter<Message>,
    limits: GateQueueLimits = { maxMessages: MAX_QUEUED_MESSAGES, maxBytes: MAX_QUEUED_BYTES },
  ) {
    this.#writer = writer;
    this.#limits = limits;
  }

  /**
   * Sends a message or lets it wait.
   * @param bytes Its size.
   * @returns False when it was refused: the queue is full or has ended.
   */
  offer(message: Message, bytes: number): boolean {
    if (this.#ended) return false;
    if (!this.#blocked) {
      this.#blocked = !this.#writer.write(message);
      return true;
    }
    const { maxMessages, maxBytes } = this.#limits;
    if (this.#waiting.length >= maxMessages || this.#waitingBytes + bytes > maxBytes) return false;
    this.#waiting.push({ message, bytes });
    this.#waitingBytes += bytes;
    return true;
  }

  /** The stream has room again. */
  onDrain(): void {
    this.#blocked = false;
    let sent = 0;
    for (; sent < this.#waiting.length && !this.#blocked; sent += 1) {
      const next = this.#waiting[sent];
      if (next === undefined) break;
      this.#waitingBytes -= next.bytes;
      this.#blocked = !this.#writer.write(next.message);
    }
    this.#waiting = this.#waiting.slice(sent);
  }

  /** Hands everything that waits to the stream, which keeps it for the gate, and ends it. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { message } of this.#waiting) this.#writer.write(message);
    this.#forget();
    this.#writer.end();
  }

  /** The stream is gone. Returns what waited, which is lost. */
  abandon(): readonly Message[] {
    const lost = this.#waiting.map(({ message }) => message);
    this.#ended = true;
    this.#forget();
    return lost;
  }

  #forget(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
