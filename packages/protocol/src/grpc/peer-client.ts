import { Client, credentials } from "@grpc/grpc-js";
import { type Address, GoverseError } from "@goverse/core";
import { anyToPayload, payloadToAny } from "../any-payload.ts";
import { type GateMessage, Goverse } from "../gen/goverse/goverse_pb.ts";
import { channelOptions, MAX_MESSAGE_BYTES } from "./channel-options.ts";
import type { LinkIdentity } from "./link/hello.ts";
import { LinkClient } from "./link/link-client.ts";
import type { PeerCall, PeerCallOptions, PeerReply } from "./peer-call.ts";
import { openServerStream, type ServerStream } from "./server-stream.ts";
import { callUnary, type UnaryCallOptions } from "./unary-call.ts";

/** What happens on a gate's stream from a node. */
export interface GateStreamEvents {
  /** The node knows the gate now: pushes will come. */
  readonly onRegistered: () => void;
  readonly onMessage: (message: GateMessage["message"]) => void;
  /** The stream is over, exactly once; with an error unless one side ended it in an orderly way. */
  readonly onEnd: (error: GoverseError | undefined) => void;
}

/** How a {@link PeerClient} behaves. */
export interface PeerClientOptions {
  /** Longest message, in bytes. Default {@link MAX_MESSAGE_BYTES}. */
  readonly maxMessageBytes?: number | undefined;
  /** Who this process is on its links. Default: none, and all calls go by unary. */
  readonly link?: LinkIdentity | undefined;
}

/**
 * The connections to one node. They come up with the first call and again after losses, by themselves. Calls do not wait for a node that
 * is away: they fail with `UNAVAILABLE` so that the router can look again where to go.
 */
export class PeerClient {
  readonly address: Address;
  readonly #client: Client;
  readonly #maxBytes: number;
  readonly #link: LinkClient | undefined;

  constructor(address: Address, options: PeerClientOptions = {}) {
    this.address = address;
    this.#maxBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
    this.#client = new Client(`dns:${address}`, credentials.createInsecure(), channelOptions(this.#maxBytes));
    const { link } = options;
    if (link === undefined) return;
    const unary = (call: PeerCall, within: PeerCallOptions): Promise<PeerReply> => this.#callUnary(call, within);
    this.#link = new LinkClient(address, { identity: link, unary, maxMessageBytes: this.#maxBytes });
  }

  /**
   * Calls a method: over a link when both sides have them. Rejects with the node's own error, or with what the transport proves: see
   * `fromServiceError`.
   */
  callObject(call: PeerCall, options: PeerCallOptions): Promise<PeerReply> {
    return this.#link === undefined ? this.#callUnary(call, options) : this.#link.call(call, options);
  }

  async #callUnary(call: PeerCall, options: PeerCallOptions): Promise<PeerReply> {
    const { type, id, method, callId } = call;
    const request = payloadToAny(call.payload);
    const message = {
      type,
      id,
      method,
      callId,
      clientId: call.clientId ?? "",
      chain: [...(call.chain ?? [])],
      ...(request === undefined ? {} : { request }),
      ...(call.caller === undefined ? {} : { callerShard: call.caller.shard, callerEpoch: BigInt(call.caller.epoch) }),
    };
    const reply = await callUnary(this.#client, Goverse.method.callObject, message, this.#with(options, callId));
    return { payload: anyToPayload(reply.response), epoch: Number(reply.epoch) };
  }

  /** Activates an object. */
  async createObject(type: string, id: string, callId: string, options: PeerCallOptions): Promise<void> {
    await callUnary(this.#client, Goverse.method.createObject, { type, id }, this.#with(options, callId));
  }

  /**
   * Ends an object.
   * @returns False when there was none.
   */
  async deleteObject(type: string, id: string, callId: string, options: PeerCallOptions): Promise<boolean> {
    try {
      await callUnary(this.#client, Goverse.method.deleteObject, { type, id }, this.#with(options, callId));
      return true;
    } catch (error) {
      if (error instanceof GoverseError && error.code === "NOT_FOUND") return false;
      throw error;
    }
  }

  /** Opens the stream of pushes for a gate. It is not reopened when it ends: that is the gate's decision. */
  registerGate(gateAddress: string, events: GateStreamEvents): ServerStream {
    const onMessage = ({ message }: GateMessage): void => {
      if (message.case === "registerGateResponse") events.onRegistered();
      else if (message.case !== undefined) events.onMessage(message);
    };
    const request = { gateAddr: gateAddress };
    return openServerStream(this.#client, Goverse.method.registerGate, request, this.address, {
      onMessage,
      onEnd: events.onEnd,
    });
  }

  /** Closes the connection when its last call is done. Later calls fail with `UNAVAILABLE`. */
  close(): void {
    this.#link?.close();
    this.#client.close();
  }

  #with(options: PeerCallOptions, callId: string): UnaryCallOptions {
    return { ...options, callId, peer: this.address, maxBytes: this.#maxBytes };
  }
}
