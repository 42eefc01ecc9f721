import { contract, implement } from "@goverse/core";
import { describe, expect, it } from "vitest";
import { failure, Harness } from "./support/harness.ts";

const Empty = contract("Empty", { methods: {} });
const Lamp = contract("Lamp", { methods: { Switch: {} } });
const lamp = implement(Lamp, { state: () => ({}), methods: { Switch() {} } });

describe("registering", () => {
  it("refuses a name that is taken", () => {
    const harness = new Harness({ implementations: [lamp] });
    expect(() => harness.node.register(lamp)).toThrowError(/"Lamp" is not valid: it is registered already/);
  });

  it("makes a type callable afterwards", async () => {
    const harness = new Harness();
    expect((await failure(harness.object(Lamp, "a").Switch())).message).toContain("registered types: none");
    harness.node.register(lamp);
    await harness.object(Lamp, "a").Switch();
    expect([...harness.node.types()]).toEqual(["Lamp"]);
  });

  it("refuses an implementation without one of its handlers, and one without methods is fine", () => {
    const harness = new Harness({ implementations: [implement(Empty, { state: () => ({}), methods: {} })] });
    expect(() => harness.node.register({ contract: Lamp, behaviour: { state: () => ({}), methods: {} } })).toThrowError(
      /"Switch" is not valid: this method has no handler/,
    );
  });

  it("lists only some names when there are many, and shortens a long one", async () => {
    const harness = new Harness();
    for (let i = 0; i < 12; i += 1) {
      const type = contract(`T${i}`, { methods: {} });
      harness.node.register(implement(type, { state: () => ({}), methods: {} }));
    }
    const error = await failure(harness.node.invoke(harness.invocation("x".repeat(10_000), "a", "M")));
    expect(error.message).toContain("T0, T1, T2, T3, T4, T5, T6, T7, T8, T9 and 2 more");
    expect(error.message.length).toBeLessThan(300);
  });

  it("refuses a limit that is not a positive whole number", () => {
    expect(() => new Harness({ limits: { mailboxCapacity: 0 } })).toThrowError(/limits.mailboxCapacity 0 is not valid/);
  });
});
