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
  const field = `${method.label} input`;
  const refuse = (thrown: unknown): never => {
    throw refusalOf(thrown, field, callId, services);
  };
  try {
    const input = validate(schema, decodePayload(schema, payload, field), field);
    if (!(input instanceof Promise)) return input;
    const late = input.catch(refuse);
    // The turn hears of it when it awaits it; until then nobody listens.
    late.catch(() => {});
    return late;
  } catch (thrown) {
    return refuse(thrown);
  }
}

function refusalOf(thrown: unknown, field: string, callId: string, services: Services): GoverseError {
  const error = GoverseError.from(thrown);
  if (error.code !== "INTERNAL") return error;
  services.callLog.error("a schema failed", { field, callId, error: describe(thrown) });
  return new GoverseError("INTERNAL", `${field} could not be checked; call ${callId} in the log says why`, { callId });
}
