import { createClient } from "@goverse/client";
import { GoverseError } from "@goverse/core";
import { ChatClient, ChatRoom, type Message } from "../chat.contract.ts";
import { element, show, showMembers, showState, type View } from "./view.ts";

const view: View = {
  log: element("log", HTMLOListElement),
  members: element("members", HTMLUListElement),
  state: element("state", HTMLElement),
};
const room = location.hash.slice(1) || "general";
const name = new URLSearchParams(location.search).get("name") ?? rememberedName();
element("room", HTMLElement).textContent = room;
element("name", HTMLElement).textContent = name;

const client = createClient({ gates: [location.origin] });
const me = client.object(ChatClient, name);
const seen = new Set<string>();
/** How often the page joins again, in milliseconds: a room that started anew on another node knows nobody. */
const REJOIN_MS = 10_000;

client.on(ChatRoom, "message", (message, source) => {
  if (source.id === room) showOnce(message);
});
client.on(ChatRoom, "members", (members, source) => {
  if (source.id === room) showMembers(view, members, name);
});
client.onConnection(({ connected }) => {
  showState(view, connected ? "online" : "offline");
  // A new connection has a new client id: joining again tells the room, and fetches what was missed.
  if (connected) join().catch(report);
});
element("form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  send().catch(report);
});
addEventListener("hashchange", () => location.reload());
client.connect().catch(report);
setInterval(() => {
  if (client.clientId !== undefined) join().catch(report);
}, REJOIN_MS);

async function join(): Promise<void> {
  const { members, recent } = await me.JoinRoom({ room });
  showMembers(view, members, name);
  for (const message of recent) showOnce(message);
}

async function send(): Promise<void> {
  const input = element("text", HTMLInputElement);
  const text = input.value.trim();
  if (text === "") return;
  const sent = await client.object(ChatRoom, room).$try.SendMessage({ from: name, text });
  if (sent.ok) input.value = "";
  else note(`At most ${sent.error.data.maxLength} characters, please.`);
}

function showOnce(message: Message): void {
  // A room that started anew counts from 1 again.
  const key = `${message.seq} ${message.atMs}`;
  if (seen.has(key)) return;
  seen.add(key);
  show(view, message, message.from === name ? "own" : "other");
}

function report(error: unknown): void {
  note(GoverseError.from(error).message);
}

function note(text: string): void {
  show(view, { from: "", text, atMs: Date.now() }, "note");
}

function rememberedName(): string {
  const known = localStorage.getItem("name");
  if (known !== null) return known;
  const fresh = `guest-${Math.floor(Math.random() * 9000 + 1000)}`;
  localStorage.setItem("name", fresh);
  return fresh;
}
