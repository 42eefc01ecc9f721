// What a node hosts: `--objects examples/chat/src/objects.ts`.
export { chatClient } from "./chat-client.ts";
export { chatRoom } from "./chat-room.ts";
