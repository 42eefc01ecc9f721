export { ChatClient, ChatRoom, MAX_TEXT_LENGTH, Message } from "./chat.contract.ts";
