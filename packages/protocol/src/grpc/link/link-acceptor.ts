import type { Server, ServerDuplexStream } from "@grpc/grpc-js";
import { type Clock, GoverseError, systemClock } from "@goverse/core";
import type { Hello } from "../../gen/goverse/peer/v1/peer_pb.ts";
import { MAX_MESSAGE_BYTES } from "../channel-options.ts";
import { toStatus } from "../errors.ts";
import { AcceptedLink, type LinkService } from "./accepted-link.ts";
import { MAX_SMALL_BYTES } from "./limits.ts";
import { LINK_METHOD } from "./link-method.ts";
import type { LinkReply } from "./reply-codec.ts";

/** Most links that are open here. Far above two for each process of a large system: it bounds what a broken caller can hold open. */
const MAX_LINKS = 4096;
/** Bytes of long replies that may wait for a session's bulk link. What is beyond goes over the link of its call. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** How a {@link LinkAcceptor} behaves. */
export interface LinkAcceptorOptions extends LinkService {
  /** Longest message, in bytes. Default {@link MAX_MESSAGE_BYTES}. */
  readonly maxMessageBytes?: number | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** The links of one caller that belong together. */
interface Session {
  small: AcceptedLink | undefined;
  bulk: AcceptedLink | undefined;
  /** Long replies until the bulk link is there. */
  held: LinkReply[];
  heldBytes: number;
}

/** Serves `Peer.Link`. */
export class LinkAcceptor {
  readonly #options: LinkAcceptorOptions;
  readonly #links = new Map<AcceptedLink, string | undefined>();
  readonly #sessions = new Map<string, Session>();
  #stopping = false;

  constructor(options: LinkAcceptorOptions) {
    this.#options = options;
  }

  /** Links that are open now. */
  get size(): number {
    return this.#links.size;
  }

  /** Offers links on a server, beside whatever else it serves. */
  addTo(server: Server): void {
    server.addService({ link: LINK_METHOD }, { link: this.#accept });
  }

  /** Resolves when every caller has read all that was sent to it before, or its link is over. */
  async barrier(): Promise<void> {
    await Promise.all([...this.#links.keys()].map((link) => link.barrier()));
  }

  /**
   * Takes no more calls and ends all links when their last calls have been answered, at the latest after `graceMs`.
   * @returns Whether all calls finished in time.
   */
  async stop(graceMs: number): Promise<boolean> {
    this.#stopping = true;
    const { clock = systemClock } = this.#options;
    const done = Promise.all([...this.#links.keys()].map((link) => link.leave("this node is stopping")));
    const finished = await new Promise<boolean>((resolve) => {
      const timer = clock.setTimer(graceMs, () => resolve(false));
      void done.then(() => {
        timer.cancel();
        resolve(true);
      });
    });
    for (const link of this.#links.keys()) link.end();
    return finished;
  }

  readonly #accept = (stream: ServerDuplexStream<Buffer, Buffer>): void => {
    const {
      maxMessageBytes = MAX_MESSAGE_BYTES,
      clock = systemClock,
      identity,
      serve,
      onInternalError,
    } = this.#options;
    if (this.#stopping) return void stream.emit("error", toStatus(stoppingError()));
    if (this.#links.size >= MAX_LINKS) return void stream.emit("error", toStatus(tooManyLinks()));
    const link = new AcceptedLink(stream, {
      identity,
      serve,
      onInternalError,
      maxMessageBytes,
      clock,
      onHello: this.#onHello,
      onLongReply: this.#onLongReply,
      onEnd: this.#onEnd,
    });
    this.#links.set(link, undefined);
  };

  readonly #onHello = (link: AcceptedLink, { session: name, bulk }: Hello): void => {
    if (name === "") return;
    this.#links.set(link, name);
    const session = this.#sessions.get(name) ?? { small: undefined, bulk: undefined, held: [], heldBytes: 0 };
    this.#sessions.set(name, session);
    if (!bulk) session.small = link;
    else {
      session.bulk = link;
      for (const reply of session.held.splice(0)) link.deliver(reply);
      session.heldBytes = 0;
    }
  };

  readonly #onLongReply = (link: AcceptedLink, reply: LinkReply): boolean => {
    const bytes = reply.payload?.bytes.length ?? 0;
    if (bytes <= MAX_SMALL_BYTES) return false;
    const session = this.#sessions.get(this.#links.get(link) ?? "");
    if (session === undefined || session.small !== link) return false;
    if (session.bulk !== undefined) session.bulk.deliver(reply);
    else {
      if (session.heldBytes + bytes > MAX_HELD_BYTES) return false;
      session.held.push(reply);
      session.heldBytes += bytes;
    }
    return true;
  };

  readonly #onEnd = (link: AcceptedLink): void => {
    const name = this.#links.get(link);
    this.#links.delete(link);
    const session = name === undefined ? undefined : this.#sessions.get(name);
    if (name === undefined || session === undefined) return;
    if (session.bulk === link) session.bulk = undefined;
    if (session.small === link) {
      session.small = undefined;
      // Whoever waited for these has learnt that its link was lost.
      session.held = [];
      session.heldBytes = 0;
    }
    if (session.small === undefined && session.bulk === undefined) this.#sessions.delete(name);
  };
}

function stoppingError(): GoverseError {
  return new GoverseError("UNAVAILABLE", "this node is stopping");
}

function tooManyLinks(): GoverseError {
  return new GoverseError("RESOURCE_EXHAUSTED", `this node already serves ${MAX_LINKS} links`);
}
