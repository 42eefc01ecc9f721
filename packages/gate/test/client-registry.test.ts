import { silentLogger } from "@goverse/core";
import { describe, expect, test } from "vitest";
import type { ClientTransport, CloseReason } from "../src/client-connection.ts";
import { ClientRegistry } from "../src/client-registry.ts";
import { PushedMessage } from "../src/pushed-message.ts";

class Transport implements ClientTransport {
  readonly type = "sse" as const;
  readonly written: string[] = [];
  greeted: string | undefined;
  closed: CloseReason | undefined;
  full = false;

  greet(clientId: string): boolean {
    this.greeted = clientId;
    return !this.full;
  }

  write(message: PushedMessage): boolean {
    this.written.push(text(message));
    return !this.full;
  }

  close(reason: CloseReason): void {
    this.closed = reason;
  }
}

function message(content: string): PushedMessage {
  return new PushedMessage({ typeUrl: "t", bytes: Buffer.from(content) }, () => content);
}

function text({ any }: PushedMessage): string {
  return Buffer.from(any.value).toString();
}

function setup(maxMessages = 3, maxBytes = 10_000, maxClients = 10) {
  let ids = 0;
  const drops = new Map<string, number>();
  let counts: () => Iterable<readonly [string, number]> = () => [];
  const registry = new ClientRegistry({
    newId: () => `gate:1/${(ids += 1)}`,
    maxClients,
    limits: { maxMessages, maxBytes },
    metrics: {
      declareReasons: ({ pushDrops = [] }) => pushDrops.forEach((reason) => drops.set(reason, 0)),
      observeClients: (source) => {
        counts = source;
        return () => undefined;
      },
      pushesDropped: (reason, count) => drops.set(reason, (drops.get(reason) ?? 0) + (count ?? 1)),
    },
    logger: silentLogger,
  });
  return { registry, drops, counts: () => Object.fromEntries(counts()) };
}

describe("a client registry", () => {
  test("greets each client with its own id and sends it what names it", () => {
    const { registry } = setup();
    const [a, b] = [new Transport(), new Transport()];
    const ids = [a, b].map((transport) => registry.add(transport).id);
    expect([a.greeted, b.greeted]).toEqual(ids);
    registry.deliver([ids[0] as string], message("hello"));
    registry.broadcast(message("all"));
    expect([a.written, b.written]).toEqual([["hello", "all"], ["all"]]);
  });

  test("counts clients by type, both types from the start", () => {
    const { registry, counts } = setup();
    expect(counts()).toEqual({ grpc: 0, sse: 0 });
    const client = registry.add(new Transport());
    expect(counts()).toEqual({ grpc: 0, sse: 1 });
    registry.remove(client);
    registry.remove(client);
    expect(counts()).toEqual({ grpc: 0, sse: 0 });
  });

  test("counts messages for clients that are not here", () => {
    const { registry, drops } = setup();
    registry.deliver(["gate:1/x", "gate:1/y"], message("lost"));
    expect(drops.get("client_unknown")).toBe(2);
  });

  test("keeps messages in order for a client that reads slowly", () => {
    const { registry } = setup();
    const transport = new Transport();
    const client = registry.add(transport);
    transport.full = true;
    for (const text of ["a", "b", "c"]) registry.deliver([client.id], message(text));
    expect(transport.written).toEqual(["a"]);
    client.drained();
    expect(transport.written).toEqual(["a", "b"]);
    transport.full = false;
    client.drained();
    registry.deliver([client.id], message("d"));
    expect(transport.written).toEqual(["a", "b", "c", "d"]);
  });

  test("disconnects a client whose queue is full of messages, and nobody else", () => {
    const { registry, drops, counts } = setup(3);
    const [slow, fast] = [new Transport(), new Transport()];
    registry.add(slow);
    registry.add(fast);
    slow.full = true;
    for (const text of ["1", "2", "3", "4", "5", "6"]) registry.broadcast(message(text));
    expect(slow.closed).toBe("slow");
    expect(slow.written).toEqual(["1"]);
    expect(fast.written).toHaveLength(6);
    // Three waited and one did not fit; the sixth found the client gone.
    expect(drops.get("client_slow")).toBe(4);
    expect(counts()).toEqual({ grpc: 0, sse: 1 });
  });

  test("disconnects a client whose queue is full of bytes", () => {
    const { registry } = setup(1_000, 500);
    const transport = new Transport();
    transport.full = true;
    registry.add(transport);
    registry.broadcast(message("x".repeat(400)));
    expect(transport.closed).toBeUndefined();
    registry.broadcast(message("x".repeat(400)));
    expect(transport.closed).toBe("slow");
  });

  test("counts what waited for a client that went away", () => {
    const { registry, drops } = setup();
    const transport = new Transport();
    transport.full = true;
    const client = registry.add(transport);
    registry.broadcast(message("1"));
    registry.broadcast(message("2"));
    registry.remove(client);
    expect(drops.get("client_gone")).toBe(2);
  });

  test("takes no more clients than its limit", () => {
    const { registry } = setup(3, 100, 1);
    const client = registry.add(new Transport());
    expect(() => registry.add(new Transport())).toThrow(/limit of 1 client streams/);
    registry.remove(client);
    expect(registry.add(new Transport()).id).toBeDefined();
  });

  test("ends every stream when it closes and lets nobody in afterwards", () => {
    const { registry, counts } = setup();
    const transports = [new Transport(), new Transport()];
    for (const transport of transports) registry.add(transport);
    registry.close("stopping");
    expect(transports.map(({ closed }) => closed)).toEqual(["stopping", "stopping"]);
    expect(counts()).toEqual({ grpc: 0, sse: 0 });
    expect(() => registry.add(new Transport())).toThrow(/stopping/);
  });
});
