import { contract } from "@goverse/core";
import { z } from "zod";

/** Longest message, in characters: a few lines of text. */
export const MAX_TEXT_LENGTH = 280;

const Name = z.string().min(1).max(40);

/** One line of a conversation. */
export const Message = z.object({
  /** Counts the room's messages from 1. */
  seq: z.number().int(),
  from: Name,
  text: z.string(),
  /** When the room took it, in milliseconds since 1970. */
  atMs: z.number(),
});
export type Message = z.infer<typeof Message>;

const Members = z.array(Name);

/** A room, by its name. */
export const ChatRoom = contract("ChatRoom", {
  methods: {
    /** Adds a member. Its events go to the client that calls. */
    JoinRoom: {
      in: z.object({ who: Name }),
      out: z.object({ members: Members, recent: z.array(Message) }),
      errors: { RoomFull: z.object({ maxMembers: z.number() }) },
    },
    LeaveRoom: { in: z.object({ who: Name }) },
    /** Says something to everybody in the room. */
    SendMessage: {
      in: z.object({ from: Name, text: z.string().min(1) }),
      out: z.object({ seq: z.number().int() }),
      errors: { TooLong: z.object({ maxLength: z.number() }) },
    },
    /** The latest messages, oldest first. */
    History: { out: z.array(Message), mode: "read" },
  },
  events: { message: Message, members: Members },
});

/** A person, by name: knows the rooms they are in, so that a new connection finds its way back into them. */
export const ChatClient = contract("ChatClient", {
  methods: {
    /** Takes the calling client as the person's connection, and joins their rooms again with it. */
    Connect: { out: z.object({ rooms: z.array(z.string()) }) },
    JoinRoom: {
      in: z.object({ room: Name }),
      out: z.object({ members: Members, recent: z.array(Message) }),
      errors: { RoomFull: z.object({ maxMembers: z.number() }), TooManyRooms: z.object({ maxRooms: z.number() }) },
    },
    LeaveRoom: { in: z.object({ room: Name }) },
  },
});
