import { implement } from "@goverse/core";
import { ChatRoom, MAX_TEXT_LENGTH, type Message } from "./chat.contract.ts";

/** Most members of a room: a message goes to each of them. */
const MAX_MEMBERS = 500;
/** Messages a room remembers for those who come later. */
const HISTORY_LENGTH = 50;

/** Rooms live in memory: a crash of their node empties them. */
export const chatRoom = implement(ChatRoom, {
  state: () => ({
    seq: 0,
    /** Name → client id; empty for members who joined without a connection that events could go to. */
    members: new Map<string, string>(),
    history: [] as Message[],
  }),
  methods: {
    JoinRoom(ctx, { who }) {
      const { members, history } = ctx.state;
      if (!members.has(who) && members.size >= MAX_MEMBERS) return ctx.fail("RoomFull", { maxMembers: MAX_MEMBERS });
      const isNew = !members.has(who);
      members.set(who, ctx.caller.clientId ?? "");
      const names = [...members.keys()];
      if (isNew) ctx.push(connections(members), "members", names);
      return { members: names, recent: history };
    },

    LeaveRoom(ctx, { who }) {
      const { members } = ctx.state;
      if (members.delete(who)) ctx.push(connections(members), "members", [...members.keys()]);
    },

    SendMessage(ctx, { from, text }) {
      if (text.length > MAX_TEXT_LENGTH) return ctx.fail("TooLong", { maxLength: MAX_TEXT_LENGTH });
      const { state } = ctx;
      state.seq += 1;
      const message = { seq: state.seq, from, text, atMs: Date.now() };
      state.history = [...state.history.slice(1 - HISTORY_LENGTH), message];
      ctx.push(connections(state.members), "message", message);
      return { seq: message.seq };
    },

    History: (ctx) => [...ctx.state.history],
  },
});

function connections(members: ReadonlyMap<string, string>): string[] {
  return [...members.values()].filter((clientId) => clientId !== "");
}
