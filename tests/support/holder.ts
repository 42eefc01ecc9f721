import { defineObject } from "@goverse/core";
import { z } from "zod";

/** An object whose calls take as long as they are told, for tests of what happens meanwhile. */
export const Holder = defineObject("Holder", {
  contract: { Hold: { in: z.object({ ms: z.number() }), out: z.string() } },
  state: () => ({}),
  methods: {
    Hold: async (ctx, { ms }) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return `held ${ctx.id}`;
    },
  },
});
