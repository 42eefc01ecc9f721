import { expect, test } from "vitest";
import { eventToAny } from "../src/client-event.ts";
import { anyToRegistration, registrationToAny } from "../src/registration.ts";

test("a registration carries the client's id, and nothing else is taken for one", () => {
  const any = registrationToAny("localhost:49000/abc");
  expect(any.typeUrl).toBe("type.googleapis.com/gate.RegisterResponse");
  expect(anyToRegistration(any)).toBe("localhost:49000/abc");
  const event = eventToAny({ source: { type: "T", id: "1" }, event: "e", payload: undefined });
  expect(anyToRegistration(event)).toBeUndefined();
});
