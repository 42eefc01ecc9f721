import { implement } from "@goverse/core";
import { ChatClient, ChatRoom } from "./chat.contract.ts";

/** Most rooms one person is in: each is joined again after a reconnect. */
const MAX_ROOMS = 20;

/** The caller's client id travels along with every nested call, so the rooms see the person's own connection. */
export const chatClient = implement(ChatClient, {
  state: () => ({ rooms: new Set<string>() }),
  methods: {
    async Connect(ctx) {
      const rooms = [...ctx.state.rooms];
      await Promise.all(rooms.map((room) => ctx.object(ChatRoom, room).JoinRoom({ who: ctx.id })));
      return { rooms };
    },

    async JoinRoom(ctx, { room }) {
      const { rooms } = ctx.state;
      if (!rooms.has(room) && rooms.size >= MAX_ROOMS) return ctx.fail("TooManyRooms", { maxRooms: MAX_ROOMS });
      const joined = await ctx.object(ChatRoom, room).$try.JoinRoom({ who: ctx.id });
      if (!joined.ok) return ctx.fail(joined.error.code, joined.error.data);
      rooms.add(room);
      return joined.value;
    },

    async LeaveRoom(ctx, { room }) {
      ctx.state.rooms.delete(room);
      await ctx.object(ChatRoom, room).LeaveRoom({ who: ctx.id });
    },
  },
});
