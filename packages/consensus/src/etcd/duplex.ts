import type { IDuplexStream } from "etcd3";

/** A stream to etcd that can be written to before it is open, and whose end is reported once. */
export interface Duplex<Request> {
  write(request: Request): void;
  /** Ends the stream; nothing is reported afterwards. */
  close(): void;
}

/**
 * Opens a stream whose library promise has not resolved yet.
 * @param onEnd Called once with a reason, unless {@link Duplex.close} came first.
 */
export function openDuplex<Request, Response>(
  opening: Promise<IDuplexStream<Request, Response>>,
  onData: (response: Response) => void,
  onEnd: (message: string) => void,
): Duplex<Request> {
  let stream: IDuplexStream<Request, Response> | undefined;
  let waiting: Request[] = [];
  let over = false;
  const finish = (message: string | undefined): void => {
    if (over) return;
    over = true;
    stream?.cancel();
    if (message !== undefined) onEnd(message);
  };
  opening.then(
    (opened) => {
      stream = opened;
      // Listened to also after the end: a stream that fails without a listener ends the process.
      opened.on("error", (error) => finish(error.message));
      opened.on("end", () => finish("the server ended the stream"));
      opened.on("data", (response) => {
        if (!over) onData(response);
      });
      if (over) {
        opened.cancel();
        return;
      }
      for (const request of waiting) opened.write(request);
      waiting = [];
    },
    (error: unknown) => finish(error instanceof Error ? error.message : String(error)),
  );
  return {
    write: (request) => {
      if (over) return;
      if (stream === undefined) waiting.push(request);
      else stream.write(request);
    },
    close: () => finish(undefined),
  };
}
