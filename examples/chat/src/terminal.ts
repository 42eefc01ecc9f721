// A chat in the terminal: pnpm --filter @goverse/example-chat chat --room general --name ann
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { createGrpcClient } from "@goverse/client/grpc";
import { GoverseError } from "@goverse/core";
import { ChatClient, ChatRoom } from "./chat.contract.ts";

const { values } = parseArgs({
  options: {
    gate: { type: "string", default: "localhost:49000" },
    room: { type: "string", default: "general" },
    name: { type: "string", default: `guest-${process.pid}` },
  },
});
const { gate, room, name } = values;

const client = createGrpcClient({ gates: gate.split(",") });
const me = client.object(ChatClient, name);
const say = (line: string): void => console.log(line);

client.on(ChatRoom, "message", (message, source) => {
  if (source.id === room) say(`${message.from}: ${message.text}`);
});
let leaving = false;
client.onConnection(({ connected, gate: address }) => {
  if (leaving) return;
  say(connected ? `* connected to ${address ?? "a gate"}` : "* connection lost, trying again");
  // A new connection has a new client id: the rooms have to hear of it.
  if (connected) me.Connect().catch(report);
});

await client.connect();
const { members, recent } = await me.JoinRoom({ room });
say(`* ${room}: ${members.join(", ")}`);
for (const message of recent) say(`${message.from}: ${message.text}`);

const input = createInterface({ input: process.stdin });
input.on("line", (text) => {
  if (text.trim() !== "") client.object(ChatRoom, room).SendMessage({ from: name, text }).catch(report);
});
input.on("close", () => {
  leave().catch(report);
});

async function leave(): Promise<void> {
  leaving = true;
  await me.LeaveRoom({ room }).catch(report);
  await client.close();
}

function report(error: unknown): void {
  say(`! ${GoverseError.from(error).message}`);
}
