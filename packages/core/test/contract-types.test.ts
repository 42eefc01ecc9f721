import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type AnyImplementation, type Caller, contract, defineObject, implement, remote } from "../src/index.ts";

const ChatRoom = contract("ChatRoom", {
  methods: {
    JoinRoom: {
      in: z.object({ who: z.string() }),
      out: z.object({ members: z.number() }),
      errors: { RoomFull: z.object({ max: z.number() }) },
    },
    SendMessage: {
      in: z.object({ text: z.string(), at: z.coerce.date().default(() => new Date()) }),
      out: z.object({ seq: z.number() }),
    },
    History: { out: z.array(z.string()), mode: "read" },
    Reset: {},
    state: { out: z.number() },
  },
  events: { message: z.object({ text: z.string(), seq: z.number() }) },
});

const nobody: Caller = { call: () => Promise.resolve(undefined) };

test("handlers are typed by contract and state", () => {
  const chatRoom = implement(ChatRoom, {
    state: (id) => ({ id, members: new Set<string>(), seq: 0 }),
    methods: {
      JoinRoom(ctx, { who }) {
        expectTypeOf(who).toEqualTypeOf<string>();
        if (ctx.state.members.size > 9) ctx.fail("RoomFull", { max: 9 });
        // @ts-expect-error the contract declares no such failure
        const wrong = (): never => ctx.fail("RoomEmpty", { max: 9 });
        ctx.state.members.add(who);
        return { members: ctx.state.members.size + wrong.length };
      },
      async SendMessage(ctx, { text, at }) {
        expectTypeOf(at).toEqualTypeOf<Date>();
        const seq = (ctx.state.seq += 1);
        ctx.push([...ctx.state.members], "message", { text, seq });
        // @ts-expect-error wrong event data
        ctx.push("c", "message", { txt: 1 });
        // @ts-expect-error no such event
        ctx.push("c", "mesage", { text, seq });
        // @ts-expect-error no such state
        void ctx.state.nope;
        const other = await ctx.object(ChatRoom, "b").JoinRoom({ who: ctx.id });
        expectTypeOf(other).toEqualTypeOf<{ members: number }>();
        return { seq };
      },
      History(ctx) {
        // @ts-expect-error a read must not write
        const write = (): void => void (ctx.state.seq = 3);
        // @ts-expect-error nor add
        const add = (): void => void ctx.state.members.add("x");
        return [...ctx.state.members, String(write.length + add.length)];
      },
      Reset(ctx) {
        ctx.state.seq = 0;
      },
      state: (ctx) => ctx.state.seq,
    },
  });
  expectTypeOf(chatRoom.contract).toEqualTypeOf(ChatRoom);
  expectTypeOf(chatRoom).toMatchTypeOf<AnyImplementation>();
});

test("a missing handler, a reserved method name and a wrong result do not compile", () => {
  const two = { JoinRoom: () => ({ members: 1 }), SendMessage: () => ({ seq: 1 }) };
  // @ts-expect-error History, Reset and state are missing
  const missing = (): unknown => implement(ChatRoom, { state: () => ({}), methods: two });
  // @ts-expect-error `await` would call it
  const reserved = (): unknown => contract("Bad", { methods: { then: { out: z.number() } } });
  const wrong = (): unknown =>
    // @ts-expect-error Get has to return a number
    defineObject("Counter", { contract: { Get: { out: z.number() } }, state: () => 0, methods: { Get: () => "1" } });
  expectTypeOf([missing, reserved, wrong]).toBeArray();
});

test("a proxy is typed from the contract alone", () => {
  const room = remote(ChatRoom, "general", nobody);
  expectTypeOf(room.SendMessage).returns.resolves.toEqualTypeOf<{ seq: number }>();
  expectTypeOf(room.SendMessage).parameter(0).toMatchTypeOf<{ text: string }>();
  expectTypeOf(room.History).returns.resolves.toEqualTypeOf<string[]>();
  expectTypeOf(room.Reset).returns.resolves.toEqualTypeOf<void>();
  // @ts-expect-error wrong input
  const wrong = (): unknown => room.SendMessage({ txt: "hi" });
  const tried = async (): Promise<void> => {
    const result = await room.$try.JoinRoom({ who: "me" });
    if (result.ok) expectTypeOf(result.value).toEqualTypeOf<{ members: number }>();
    else expectTypeOf(result.error).toEqualTypeOf<{ readonly code: "RoomFull"; readonly data: { max: number } }>();
  };
  expectTypeOf([wrong, tried]).toBeArray();
});

test("defineObject gives contract and implementation in one", () => {
  const Counter = defineObject("Counter", {
    contract: { Inc: { in: z.number(), out: z.number() }, Get: { out: z.number(), mode: "read" } },
    state: () => ({ n: 0 }),
    methods: { Inc: (ctx, by) => (ctx.state.n += by), Get: (ctx) => ctx.state.n },
  });
  const counter = remote(Counter, "c", nobody);
  expectTypeOf(counter.Inc).parameter(0).toEqualTypeOf<number>();
  expectTypeOf(counter.Get).returns.resolves.toEqualTypeOf<number>();
});
