import { type EmbeddedEtcd, startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { Server } from "@goverse/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ChatClient, ChatRoom, MAX_TEXT_LENGTH } from "../src/index.ts";
import { chatClient, chatRoom } from "../src/objects.ts";

let etcd: EmbeddedEtcd;
let server: Server;

beforeAll(async () => {
  etcd = await startEmbeddedEtcd();
  server = new Server({
    listenAddress: "localhost:0",
    etcdAddress: etcd.address,
    shardCount: 8,
    objects: [chatRoom, chatClient],
  });
  await server.start();
});
afterAll(async () => {
  await server.stop();
  await etcd.stop();
});

test("what is said in a room is kept in order", async () => {
  const room = server.object(ChatRoom, "order");
  for (const text of ["one", "two", "three"]) await room.SendMessage({ from: "ann", text });
  const history = await room.History();
  expect(history.map(({ seq, text }) => `${seq} ${text}`)).toEqual(["1 one", "2 two", "3 three"]);
});

test("a room remembers the latest 50 messages", async () => {
  const room = server.object(ChatRoom, "long");
  for (let index = 0; index < 60; index += 1) await room.SendMessage({ from: "ann", text: `${index}` });
  const history = await room.History();
  expect(history).toHaveLength(50);
  expect(history.at(-1)).toMatchObject({ seq: 60, text: "59" });
});

test("a message that is too long is refused with the limit", async () => {
  const sent = await server.object(ChatRoom, "limits").$try.SendMessage({ from: "ann", text: "x".repeat(281) });
  expect(sent).toEqual({ ok: false, error: { code: "TooLong", data: { maxLength: MAX_TEXT_LENGTH } } });
});

test("a person joins rooms, and is in them again after connecting anew", async () => {
  const ann = server.object(ChatClient, "ann");
  const bob = server.object(ChatClient, "bob");
  await ann.JoinRoom({ room: "den" });
  expect(await bob.JoinRoom({ room: "den" })).toEqual({ members: ["ann", "bob"], recent: [] });
  expect(await ann.Connect()).toEqual({ rooms: ["den"] });
  await ann.LeaveRoom({ room: "den" });
  expect(await ann.Connect()).toEqual({ rooms: [] });
  expect((await bob.JoinRoom({ room: "den" })).members).toEqual(["bob"]);
});

test("a person is in at most 20 rooms", async () => {
  const eve = server.object(ChatClient, "eve");
  for (let index = 0; index < 20; index += 1) await eve.JoinRoom({ room: `room-${index}` });
  const joined = await eve.$try.JoinRoom({ room: "one-more" });
  expect(joined).toEqual({ ok: false, error: { code: "TooManyRooms", data: { maxRooms: 20 } } });
});
