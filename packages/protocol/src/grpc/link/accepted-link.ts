import type { ServerDuplexStream } from "@grpc/grpc-js";
import { type Clock, GoverseError, type Timer } from "@goverse/core";
import { encodeErrorStatus } from "../../error-status.ts";
import type { Frame, Hello } from "../../gen/goverse/peer/v1/peer_pb.ts";
import { toStatus } from "../errors.ts";
import type { PeerReply } from "../peer-call.ts";
import { BatchingWriter } from "./batching-writer.ts";
import type { ReceivedCall } from "./call-codec.ts";
import { CreditAccount } from "./credit-window.ts";
import { FrameBuffer } from "./frame-buffer.ts";
import { helloOf, type LinkIdentity, refusalOf } from "./hello.ts";
import { BULK_CREDITS, HELLO_TIMEOUT_MS, SMALL_CREDITS } from "./limits.ts";
import { readFrame } from "./read-frame.ts";
import { type LinkReply, replyRoom } from "./reply-codec.ts";
import { type LinkCallContext, RunningCall } from "./running-call.ts";

/** Most calls of turns that one link may have under way here. They need no room, so this bounds what they take. */
const MAX_NESTED_CALLS = 16_384;

/** What answers the calls of a link. */
export interface LinkService {
  /** Who this process is. Asked for every hello. @throws GoverseError `UNAVAILABLE` while it does not know yet. */
  readonly identity: () => LinkIdentity;
  /** Runs a call. It may throw: a `GoverseError` reaches the caller, anything else becomes `INTERNAL`. */
  readonly serve: (call: ReceivedCall, context: LinkCallContext) => Promise<PeerReply>;
  /** Told about what {@link serve} threw that was no `GoverseError`: the caller only learns `INTERNAL`. */
  readonly onInternalError: (error: unknown, method: string) => void;
}

/** What an accepted link needs from around it. */
export interface AcceptedLinkOptions extends LinkService {
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  /** The caller has said who it is. */
  readonly onHello: (link: AcceptedLink, hello: Hello) => void;
  /** A reply that would hold up small ones. Returns false when it has no other way. */
  readonly onLongReply: (link: AcceptedLink, reply: LinkReply) => boolean;
  readonly onEnd: (link: AcceptedLink) => void;
}

/** The serving end of one link. */
export class AcceptedLink {
  readonly #options: AcceptedLinkOptions;
  readonly #stream: ServerDuplexStream<Buffer, Buffer>;
  readonly #buffer: FrameBuffer;
  readonly #writer: BatchingWriter;
  readonly #running = new Map<number, RunningCall>();
  readonly #barriers = new Map<number, () => void>();
  readonly #helloTimer: Timer;
  #account: CreditAccount | undefined;
  #nested = 0;
  #lastSeq = 0;
  #lastBarrier = 0;
  #leaving = false;
  #over = false;
  #onDone: (() => void) | undefined;

  constructor(stream: ServerDuplexStream<Buffer, Buffer>, options: AcceptedLinkOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#buffer = new FrameBuffer(options.maxMessageBytes);
    this.#writer = new BatchingWriter(stream, this.#buffer, () => this.#giveCreditsBack());
    this.#helloTimer = options.clock.setTimer(HELLO_TIMEOUT_MS, () => this.#violated("no hello in time"));
    stream.on("data", this.#onFrame);
    // The caller has ended the link: it waits for no reply any more.
    stream.on("end", () => this.end());
    for (const event of ["cancelled", "close", "error"] as const) stream.on(event, () => this.#lost());
  }

  /** Sends a reply that belongs to another link of the session. */
  deliver(reply: LinkReply): void {
    if (this.#over) return;
    this.#buffer.addReply(reply);
    this.#writer.wake();
  }

  /** Resolves when the caller has read everything that was sent before, or the link is over. */
  barrier(): Promise<void> {
    if (this.#over || this.#account === undefined) return Promise.resolve();
    this.#lastBarrier += 1;
    const barrier = this.#lastBarrier;
    this.#buffer.addControl({ barrier });
    this.#writer.wake();
    return new Promise((resolve) => this.#barriers.set(barrier, resolve));
  }

  /** Takes no more calls. Resolves when the last one has been answered, or the link is over. */
  async leave(reason: string): Promise<void> {
    if (this.#over || this.#leaving) return;
    this.#leaving = true;
    this.#buffer.addControl({ goaway: { lastSeq: this.#lastSeq, reason } });
    this.#writer.wake();
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#onDone = resolve));
    if (this.#over) return;
    const lost = new Promise<void>((resolve) => (this.#onDone = resolve));
    await Promise.race([this.#writer.flushed(), lost]);
  }

  /** Ends it. */
  end(): void {
    if (this.#over) return;
    this.#stream.end();
    this.#lost();
  }

  readonly #onFrame = (frame: Buffer): void => {
    if (this.#over) return;
    try {
      readFrame(frame, this.#sink);
    } catch (error) {
      // The handler of a call does not throw here: what is wrong is the frame.
      this.#violated(error instanceof Error ? error.message : String(error));
    }
  };

  readonly #sink = {
    onCall: (call: ReceivedCall): void => this.#onCall(call),
    onReply: (): void => this.#violated("replies come over the link of their calls"),
    onControl: (part: Frame): void => this.#onControl(part),
  };

  #onControl({ hello, cancels, barrierAck }: Frame): void {
    if (this.#over) return;
    if (hello !== undefined && this.#account === undefined) return this.#onHello(hello);
    if (this.#account === undefined) return this.#violated("the first frame must be a hello");
    for (const seq of cancels) this.#running.get(seq)?.cancel();
    if (barrierAck === undefined) return;
    this.#barriers.get(barrierAck)?.();
    this.#barriers.delete(barrierAck);
  }

  #onHello(hello: Hello): void {
    let identity: LinkIdentity;
    try {
      identity = this.#options.identity();
    } catch (error) {
      return this.#refuse(GoverseError.from(error));
    }
    const refusal = refusalOf(hello, identity);
    if (refusal !== undefined) return this.#refuse(refusal);
    this.#helloTimer.cancel();
    const { bulk, session } = hello;
    const credits = bulk ? BULK_CREDITS : SMALL_CREDITS;
    this.#account = new CreditAccount(credits);
    this.#buffer.addControl({ hello: helloOf(identity, { bulk, session, credits }) });
    this.#writer.wake();
    this.#options.onHello(this, hello);
  }

  #onCall(call: ReceivedCall): void {
    if (this.#over) return;
    if (this.#account === undefined) return this.#violated("the first frame must be a hello");
    // Later than what the goaway named: the caller knows that it was not started.
    if (this.#leaving) return;
    if (this.#running.has(call.seq)) return this.#violated(`the number ${call.seq} is in use`);
    this.#lastSeq = call.seq;
    const running = new RunningCall(call);
    if (running.nested) {
      if (this.#nested >= MAX_NESTED_CALLS) return this.#answer(running, failure(running, tooManyNested()));
      this.#nested += 1;
    } else if (!this.#account.use(running.cost)) return this.#violated("the call goes beyond the credits");
    this.#running.set(call.seq, running);
    void this.#options.serve(call, running).then(
      ({ payload, epoch }) =>
        this.#done(running, { seq: running.seq, payload, epoch, error: undefined, onBulk: false }),
      (error: unknown) => {
        if (!(error instanceof GoverseError)) this.#options.onInternalError(error, call.method);
        this.#done(running, failure(running, GoverseError.from(error)));
      },
    );
  }

  #done(running: RunningCall, reply: LinkReply): void {
    // The link was lost meanwhile.
    if (!this.#running.delete(running.seq)) return;
    if (running.nested) this.#nested -= 1;
    else this.#account?.free(running.cost);
    this.#answer(running, reply);
    if (this.#leaving && this.#running.size === 0) this.#onDone?.();
  }

  #answer(running: RunningCall, reply: LinkReply): void {
    const { maxMessageBytes, onLongReply } = this.#options;
    if (replyRoom(reply) > maxMessageBytes) {
      const message = `the reply has ${reply.payload?.bytes.length ?? 0} bytes, at most ${maxMessageBytes} are sent`;
      this.deliver(failure(running, new GoverseError("PAYLOAD_TOO_LARGE", message)));
    } else if (onLongReply(this, reply)) {
      this.deliver({ seq: reply.seq, payload: undefined, epoch: 0, error: undefined, onBulk: true });
    } else this.deliver(reply);
  }

  #giveCreditsBack(): void {
    const credits = this.#account?.takeBack();
    if (credits !== undefined) this.#buffer.addControl({ credits });
  }

  #violated(what: string): void {
    this.#refuse(new GoverseError("INVALID_ARGUMENT", `the link was ended: ${what}`));
  }

  #refuse(error: GoverseError): void {
    if (this.#over) return;
    // The stream listens to its own errors and sends them as its status.
    this.#stream.emit("error", toStatus(error));
    this.#lost();
  }

  #lost(): void {
    if (this.#over) return;
    this.#over = true;
    this.#helloTimer.cancel();
    for (const running of this.#running.values()) running.cancel();
    this.#running.clear();
    for (const resolve of this.#barriers.values()) resolve();
    this.#barriers.clear();
    this.#onDone?.();
    this.#options.onEnd(this);
  }
}

function failure({ seq }: RunningCall, error: GoverseError): LinkReply {
  return { seq, payload: undefined, epoch: 0, error: encodeErrorStatus(error), onBulk: false };
}

function tooManyNested(): GoverseError {
  return new GoverseError(
    "RESOURCE_EXHAUSTED",
    `${MAX_NESTED_CALLS} calls of turns are under way on this link; try later`,
  );
}
