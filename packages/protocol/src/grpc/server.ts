import { lookup } from "node:dns/promises";
import { createServer } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { GoverseError, invalidArgument } from "@goverse/core";
import { MAX_MESSAGE_BYTES } from "./channel-options.ts";

/** What a server takes at most. */
export interface GrpcServerLimits {
  /** Longest message, in bytes. Default {@link MAX_MESSAGE_BYTES}. */
  readonly maxMessageBytes?: number | undefined;
  /** Calls and streams that one connection may have open. Default 1000: past it grpc-js only gets slower. */
  readonly maxConcurrentStreams?: number | undefined;
}

const DEFAULT_MAX_CONCURRENT_STREAMS = 1000;
/** Quiet time after which a client's connection is checked, in milliseconds, so that the streams of the dead do not pile up. */
const KEEPALIVE_TIME_MS = 20_000;
/** How long a client may take to answer that check, in milliseconds. Mobile networks are slower than peers. */
const KEEPALIVE_TIMEOUT_MS = 10_000;

/** A server with explicit limits. Clients may ping as often as they like: grpc-js counts no pings. */
export function createGrpcServer(limits: GrpcServerLimits = {}): Server {
  const maxMessageBytes = limits.maxMessageBytes ?? MAX_MESSAGE_BYTES;
  // channelz stays on: without it `forceShutdown` does not know the server's connections.
  return new Server({
    "grpc.max_send_message_length": maxMessageBytes,
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_concurrent_streams": limits.maxConcurrentStreams ?? DEFAULT_MAX_CONCURRENT_STREAMS,
    "grpc.keepalive_time_ms": KEEPALIVE_TIME_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
  });
}

/**
 * Listens at every address that the host name stands for. grpc-js is content with one of them: then `localhost:47000` could reach
 * us over IPv6 and somebody else over IPv4.
 * @param listenAddress `host:port`, or `:port` for all interfaces; port 0 takes a free one.
 * @param option Name of the option it came from, for messages.
 * @returns The port.
 * @throws GoverseError `INVALID_ARGUMENT` for a malformed address, `UNAVAILABLE` when it is taken or not ours.
 */
export async function bind(server: Server, listenAddress: string, option = "--listen"): Promise<number> {
  const { host, port } = parseListenAddress(listenAddress, option);
  const hosts = host === "" ? ["::", "0.0.0.0"] : await resolve(host, listenAddress, option);
  let bound: number | undefined;
  let failure: NodeJS.ErrnoException | undefined;
  for (const ip of hosts) {
    try {
      // Tried with a plain socket first: grpc-js prints to the console when it fails, and hides the reason in a text.
      await probe(ip, bound ?? port);
      bound = await bindOne(server, ip, bound ?? port);
      // The wildcard of IPv6 takes IPv4 along.
      if (host === "") break;
    } catch (error) {
      failure = error as NodeJS.ErrnoException;
      if (failure.code === "EADDRINUSE" && port !== 0) break;
    }
  }
  const taken = failure?.code === "EADDRINUSE" && port !== 0;
  if (bound !== undefined && !taken) return bound;
  const why = taken ? "is in use by another program" : `cannot be listened at (${failure?.message ?? "no address"})`;
  const remedy = `${taken ? "stop that program or " : ""}choose another with ${option}`;
  const message = `${option} ${listenAddress} ${why}: ${remedy}`;
  throw new GoverseError("UNAVAILABLE", message, { field: option }, { cause: failure });
}

/**
 * Stops a server: no new connections or calls, running calls get `graceMs` to finish, then everything is cut. End your own streams
 * first: an open stream counts as a running call.
 * @returns Whether all calls finished in time.
 */
export function stopGrpcServer(server: Server, graceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve(false);
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function parseListenAddress(text: string, option: string): { host: string; port: number } {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]*):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[2] ?? Number.NaN);
  if (match === null || !(port <= 65_535)) {
    throw invalidArgument(option, text, "write host:port, or :port for all interfaces");
  }
  return { host: (match[1] ?? "").replace(/^\[(.*)\]$/, "$1"), port };
}

async function resolve(host: string, listenAddress: string, option: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    const message = `${option} ${listenAddress} cannot be listened at: the name ${host} has no address here`;
    throw new GoverseError("UNAVAILABLE", message, { field: option }, { cause: error });
  }
}

function probe(ip: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(port, ip, () => probe.close(() => resolve()));
  });
}

function bindOne(server: Server, ip: string, port: number): Promise<number> {
  const target = ip.includes(":") ? `ipv6:[${ip}]:${port}` : `ipv4:${ip}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}
