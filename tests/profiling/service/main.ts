// A small service of nobody's framework but Koa's: what it shows about itself comes from the profiling package alone.
import type { AddressInfo } from "node:net";
import { createProfiling, QueueWaitTable, SpanBuffer, TaskRegistry } from "@goverse/profiling";
import Koa from "koa";
import { leakMessages, spendHalf, spendRest, spendThird, spentMs, stallTheLoop } from "./busy-work.ts";
import { ChatRoom } from "./chat-room.ts";

const instruments = { tasks: new TaskRegistry(), waits: new QueueWaitTable(), spans: new SpanBuffer() };
const token = process.env["SERVICE_TOKEN"];
const profiling = createProfiling({
  tasks: instruments.tasks,
  queueWaits: instruments.waits,
  spans: instruments.spans,
  access: { token },
  heapSnapshot: process.env["SERVICE_HEAP_SNAPSHOT"] === "1",
  heap: { maxAgeMs: 0 },
});
const room = new ChatRoom("general", instruments);

/** What each path does with its number. */
const actions: Readonly<Record<string, (value: number) => unknown>> = {
  "/send": (count) => Promise.all(Array.from({ length: count }, (_, index) => room.sendMessage(`message ${index}`))),
  "/history": (durationMs) => room.loadHistory(durationMs),
  // One place that calls all three: the engine folds none of them into it.
  "/spend": (unitMs) => [spendHalf, spendThird, spendRest].map((part) => part(unitMs)),
  "/stall": (durationMs) => stallTheLoop(durationMs),
  "/leak": (count) => leakMessages(count),
  "/spent": () => spentMs,
  "/memory": () => {
    (globalThis as { gc?: () => void }).gc?.();
    return process.memoryUsage().heapUsed;
  },
};

const app = new Koa();
app.use(profiling.router.routes());
app.use(async (ctx) => {
  const action = actions[ctx.path];
  if (action === undefined) return;
  const result: unknown = await instruments.tasks.run({ kind: "gate requests", name: `GET ${ctx.path}` }, async () =>
    action(Number(ctx.query["n"] ?? 0)),
  );
  ctx.body = JSON.stringify(result);
});
await profiling.start();
const server = app.listen(0, process.env["SERVICE_HOST"] ?? "127.0.0.1", () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`);
});
process.once("SIGTERM", () => {
  void profiling.stop().then(() => server.close(() => process.exit(0)));
});
