import { contract } from "@goverse/core";
import { expectTypeOf, test } from "vitest";
import type { Client, ConnectionState, EventMeta } from "../src/index.ts";
import { Room } from "./support/chat.ts";

const Silent = contract("Silent", { methods: { Ping: {} } });

// Only looked at by the type checker.
async function use(client: Client): Promise<void> {
  expectTypeOf(await client.object(Room, "a").Say({ text: "hi" })).toEqualTypeOf<{ seq: number }>();
  expectTypeOf(await client.object(Room, "a").History({ timeoutMs: 5 })).toEqualTypeOf<string[]>();
  expectTypeOf(await client.object(Silent, "a").Ping()).toEqualTypeOf<void>();
  // @ts-expect-error no such method
  void client.object(Room, "a").Shout;
  // @ts-expect-error wrong input
  void client.object(Room, "a").Say({ txt: "hi" });

  const end = client.on(Room, "message", (data, meta) => {
    expectTypeOf(data).toEqualTypeOf<{ text: string; at?: Date | undefined }>();
    expectTypeOf(meta).toEqualTypeOf<EventMeta>();
  });
  expectTypeOf(end).toEqualTypeOf<() => void>();
  client.on(Room, "closed", (data) => expectTypeOf(data).toEqualTypeOf<null>());
  // @ts-expect-error no such event
  client.on(Room, "opened", () => {});
  // @ts-expect-error this type has no events
  client.on(Silent, "message", () => {});

  client.onConnection((state) => expectTypeOf(state).toEqualTypeOf<ConnectionState>());
  expectTypeOf(await client.destroy(Room, "a")).toEqualTypeOf<boolean>();
  expectTypeOf(client.clientId).toEqualTypeOf<string | undefined>();
}

test("the client is typed by its contracts", () => {
  expectTypeOf(use).toBeFunction();
});
