import { type Client, type ClientDuplexStream, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { type Clock, GoverseError, type Timer } from "@goverse/core";
import type { Frame } from "../../gen/goverse/peer/v1/peer_pb.ts";
import { fromServiceError, hasConnection } from "../errors.ts";
import { BatchingWriter } from "./batching-writer.ts";
import { CreditWindow } from "./credit-window.ts";
import { FrameBuffer } from "./frame-buffer.ts";
import { helloOf, type LinkIdentity, refusalOf } from "./hello.ts";
import { costOf, HELLO_TIMEOUT_MS, type WaitingLimits } from "./limits.ts";
import { LINK_METHOD } from "./link-method.ts";
import type { PendingCall } from "./pending-calls.ts";
import { readFrame } from "./read-frame.ts";
import type { LinkReply } from "./reply-codec.ts";

/** What a link is to its dialler. */
export interface DialledLinkOptions {
  readonly client: Client;
  /** Whom it goes to, for messages. */
  readonly peer: string;
  readonly identity: LinkIdentity;
  readonly bulk: boolean;
  readonly session: string;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
}

/** What happens on it. */
export interface DialledLinkEvents {
  /** The other end said hello: calls may be sent. */
  readonly onOpen: () => void;
  readonly onReply: (reply: LinkReply) => void;
  /** There is more room. */
  readonly onCredits: () => void;
  /** The other end takes no more calls; those after `lastSeq` were not started. */
  readonly onGoAway: (lastSeq: number, reason: string) => void;
  /** It is over, exactly once. `unsupported`: the other end does not offer links. */
  readonly onEnd: (reason: GoverseError, unsupported: boolean) => void;
}

/** One stream to a peer, from hello to its end. */
export class DialledLink {
  readonly #options: DialledLinkOptions;
  readonly #events: DialledLinkEvents;
  readonly #stream: ClientDuplexStream<Buffer, Buffer>;
  readonly #buffer: FrameBuffer;
  readonly #writer: BatchingWriter;
  readonly #helloTimer: Timer;
  #window: CreditWindow | undefined;
  #over = false;

  constructor(options: DialledLinkOptions, events: DialledLinkEvents) {
    const { client, identity, bulk, session, maxMessageBytes, clock } = options;
    this.#options = options;
    this.#events = events;
    const { path, requestSerialize, responseDeserialize } = LINK_METHOD;
    this.#stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
    this.#buffer = new FrameBuffer(maxMessageBytes);
    this.#writer = new BatchingWriter(this.#stream, this.#buffer);
    this.#stream.on("data", this.#onFrame);
    this.#stream.on("error", (error: ServiceError) => this.#onError(error));
    this.#stream.on("end", () => this.#end(new GoverseError("UNAVAILABLE", `${options.peer} ended the link`)));
    const late = new GoverseError("UNAVAILABLE", `${options.peer} said no hello in ${HELLO_TIMEOUT_MS} ms`);
    this.#helloTimer = clock.setTimer(HELLO_TIMEOUT_MS, () => this.#break(late));
    this.#buffer.addControl({ hello: helloOf(identity, { bulk, session }) });
    this.#writer.wake();
  }

  /** Whether more than that waits for its turn to be written. */
  isBehind({ calls, bytes }: WaitingLimits): boolean {
    return this.#buffer.waitingBytes > bytes || this.#buffer.added - this.#buffer.taken > calls;
  }

  /** Takes room for a call. One that is made inside a turn needs none. */
  admit({ call }: PendingCall): boolean {
    if (this.#window === undefined) return false;
    return (call.chain !== undefined && call.chain.length > 0) || this.#window.take(costOf(call));
  }

  /** Sends a call that was admitted. */
  send(call: PendingCall): void {
    this.#buffer.addCall(call.call, call);
    call.part = this.#buffer.added;
    this.#writer.wake();
  }

  /** Whether a call may have left: then nobody knows whether it was started. */
  mayHaveLeft({ part }: PendingCall): boolean {
    return part !== 0 && part <= this.#buffer.taken;
  }

  cancel(seq: number): void {
    this.#buffer.addControl({ cancels: [seq] });
    this.#writer.wake();
  }

  /** Ends it at once. */
  abort(): void {
    this.#break(new GoverseError("UNAVAILABLE", `${this.#options.peer}: the link was closed`));
  }

  readonly #onFrame = (frame: Buffer): void => {
    if (this.#over) return;
    try {
      readFrame(frame, this.#sink);
    } catch (error) {
      const { peer } = this.#options;
      this.#break(new GoverseError("UNAVAILABLE", `${peer} sent a frame that cannot be read`, {}, { cause: error }));
    }
  };

  readonly #sink = {
    // Calls come over a link of their own.
    onCall: (): void => this.#violated("calls"),
    onReply: (reply: LinkReply): void => {
      if (this.#over) return;
      if (this.#window === undefined) this.#violated("a reply before its hello");
      else this.#events.onReply(reply);
    },
    onControl: (part: Frame): void => this.#onControl(part),
  };

  #onControl({ hello, credits, barrier, goaway }: Frame): void {
    if (this.#over) return;
    if (hello !== undefined && this.#window === undefined) {
      const refusal = refusalOf(hello, this.#options.identity);
      if (refusal !== undefined) return this.#break(new GoverseError("UNAVAILABLE", refusal.message));
      this.#helloTimer.cancel();
      this.#window = new CreditWindow(hello.credits ?? { calls: 0, bytes: 0 });
      return this.#events.onOpen();
    }
    if (this.#window === undefined) return this.#violated("something else before its hello");
    if (credits !== undefined) {
      this.#window.give(credits);
      this.#events.onCredits();
    }
    // Everything before the barrier has been handed over when this is reached.
    if (barrier !== undefined) {
      this.#buffer.addControl({ barrierAck: barrier });
      this.#writer.wake();
    }
    if (goaway !== undefined) this.#events.onGoAway(goaway.lastSeq, goaway.reason);
  }

  #violated(what: string): void {
    this.#break(new GoverseError("UNAVAILABLE", `${this.#options.peer} sent ${what} on a link`));
  }

  #onError(error: ServiceError): void {
    const { peer, client } = this.#options;
    const onConnection = hasConnection(this.#stream, client);
    const reason = fromServiceError(error, { peer, onConnection, cancelled: false });
    this.#end(reason, error.code === status.UNIMPLEMENTED && this.#window === undefined);
  }

  #break(reason: GoverseError): void {
    this.#end(reason);
    this.#stream.cancel();
  }

  #end(reason: GoverseError, unsupported = false): void {
    if (this.#over) return;
    this.#over = true;
    this.#helloTimer.cancel();
    this.#events.onEnd(reason, unsupported);
  }
}
