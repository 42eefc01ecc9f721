import { contract } from "@goverse/core";
import { z } from "zod";

/** What the tests talk to. */
export const Room = contract("Room", {
  methods: {
    Say: {
      in: z.object({ text: z.string() }),
      out: z.object({ seq: z.number() }),
      errors: { Muted: z.object({ untilMs: z.number() }) },
    },
    History: { out: z.array(z.string()), mode: "read" },
    Clear: {},
  },
  events: {
    message: z.object({ text: z.string(), at: z.coerce.date().optional() }),
    closed: z.null(),
    slow: z.object({ n: z.number() }).refine(async ({ n }) => {
      await new Promise((resolve) => setTimeout(resolve, n % 2 === 0 ? 20 : 1));
      return true;
    }),
  },
});
