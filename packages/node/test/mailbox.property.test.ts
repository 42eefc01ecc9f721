import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Mailbox } from "../src/mailbox.ts";
import type { Turn } from "../src/turn.ts";

describe("a mailbox", () => {
  it("is a queue from which anybody may leave at any time", () => {
    const step = fc.record({ push: fc.boolean(), pick: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const mailbox = new Mailbox();
        const model: Turn[] = [];
        for (const { push, pick } of steps) {
          const leaving = model[pick % Math.max(1, model.length)];
          if (push || leaving === undefined) {
            const turn = { before: undefined, after: undefined } as unknown as Turn;
            mailbox.push(turn);
            model.push(turn);
          } else {
            mailbox.remove(leaving);
            model.splice(model.indexOf(leaving), 1);
          }
          expect(mailbox.size).toBe(model.length);
          expect(mailbox.first).toBe(model[0]);
        }
        for (const turn of model) {
          expect(mailbox.first).toBe(turn);
          mailbox.remove(turn);
        }
        expect(mailbox.first).toBeUndefined();
      }),
    );
  });
});
