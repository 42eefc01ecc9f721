import type { FrameBuffer } from "./frame-buffer.ts";

/** What is used of a gRPC stream to write to it. */
export interface FrameStream {
  write(frame: Buffer, onWritten: (error?: Error | null) => void): boolean;
}

/**
 * Sends what a buffer collects: one frame at a time, the next when the stream has taken the last one. So whatever is added meanwhile
 * travels together, and a reader that does not keep up stops its writer.
 */
export class BatchingWriter {
  readonly #stream: FrameStream;
  readonly #buffer: FrameBuffer;
  readonly #onTurn: () => void;
  #scheduled = false;
  #writing = false;
  #onIdle: (() => void)[] = [];

  /** @param onTurn Called before a frame is made, to add what is only worth sending along. */
  constructor(stream: FrameStream, buffer: FrameBuffer, onTurn: () => void = () => {}) {
    this.#stream = stream;
    this.#buffer = buffer;
    this.#onTurn = onTurn;
  }

  /** Something was added. */
  wake(): void {
    if (this.#scheduled || this.#writing) return;
    this.#scheduled = true;
    // Not in nextTick: then each reply of handlers that are out of step would travel alone.
    setImmediate(this.#flush);
  }

  /** Resolves when everything added so far has been taken by the stream. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle.push(resolve);
      this.wake();
    });
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    this.#onTurn();
    const frame = this.#buffer.take();
    if (frame !== undefined) {
      this.#writing = true;
      this.#stream.write(frame, this.#written);
    } else if (this.#onIdle.length > 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  };

  // After a failure the stream tells its owner; there is nobody to write to then.
  readonly #written = (error?: Error | null): void => {
    this.#writing = false;
    if (error === undefined || error === null) this.#flush();
  };
}
