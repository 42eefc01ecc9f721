import { contract, implement } from "@goverse/core";
import { z } from "zod";

/** Where an object is and whether this is its first call there: what a ledger needs to know of a call. */
export const Book = contract("Book", {
  methods: {
    Do: { out: z.object({ node: z.string(), fresh: z.boolean() }) },
    Refuse: { errors: { Refused: z.object({ node: z.string(), fresh: z.boolean() }) } },
  },
});

/** Tells a node process what it is called. */
export const BOOK_NODE = "GOVERSE_BOOK_NODE";

/** The object on a node called `node`. */
export function bookOn(node: string) {
  const answer = (state: { calls: number }): { node: string; fresh: boolean } => ({ node, fresh: state.calls++ === 0 });
  return implement(Book, {
    state: () => ({ calls: 0 }),
    methods: {
      Do: (ctx) => answer(ctx.state),
      Refuse: (ctx) => ctx.fail("Refused", answer(ctx.state)),
    },
  });
}
