import { defineObject } from "@goverse/core";
import { startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { Server } from "@goverse/server";
import { z } from "zod";

const Counter = defineObject("Counter", {
  contract: { Add: { in: z.number(), out: z.number() }, Read: { out: z.number(), mode: "read" } },
  state: () => ({ value: 0 }),
  methods: {
    Add: (ctx, by) => (ctx.state.value += by),
    Read: (ctx) => ctx.state.value,
  },
});

const etcd = await startEmbeddedEtcd();
const server = new Server({ listenAddress: "localhost:0", etcdAddress: etcd.address, objects: [Counter] });
await server.start();
await server.ready;
console.log(await server.object(Counter, "visits").Add(1));
await server.stop();
await etcd.stop();
