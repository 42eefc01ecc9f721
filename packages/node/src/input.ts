import { decodePayload, GoverseError, type Payload, validate } from "@goverse/core";
import { describe } from "./failure.ts";
import type { ObjectMethod } from "./object-type.ts";
import type { Services } from "./services.ts";

/**
 * Reads and checks what a call brought. Most schemas answer at once; one that answers later gives a promise, which the turn awaits
 * when it is due, so that the order of arrival stays.
 * @throws GoverseError `INVALID_ARGUMENT` for a bad input, `INTERNAL` for a schema that fails itself.
 */
export function receive(
  method: ObjectMethod,
  payload: Payload | undefined,
  callId: string,
  services: Services,
): unknown {
  const schema = method.contract.in;
  if (schema === undefined) return undefined;
  const field = method.inputField;
  try {
    const input = validate(schema, decodePayload(schema, payload, field), field);
    return input instanceof Promise ? checkedLater(input, field, callId, services) : input;
  } catch (thrown) {
    throw refusalOf(thrown, field, callId, services);
  }
}

function checkedLater(input: Promise<unknown>, field: string, callId: string, services: Services): Promise<unknown> {
  const checked = input.catch((thrown: unknown) => {
    throw refusalOf(thrown, field, callId, services);
  });
  // The turn hears of a refusal when it awaits it; until then nobody listens.
  checked.catch(() => {});
  return checked;
}

function refusalOf(thrown: unknown, field: string, callId: string, services: Services): GoverseError {
  const error = GoverseError.from(thrown);
  if (error.code !== "INTERNAL") return error;
  services.callLog.error("a schema failed", { field, callId, error: describe(thrown) });
  return new GoverseError("INTERNAL", `${field} could not be checked; call ${callId} in the log says why`, { callId });
}
