import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type ErrorDetails, GoverseError, isErrorCode } from "@goverse/core";
import { isRecord, MAX_PATH_LENGTH, shorten } from "./foreign.ts";
import { type ErrorDetail, ErrorDetailSchema, ErrorStatusSchema } from "./gen/goverse/payload_pb.ts";
import { grpcStatusOf } from "./status-table.ts";

/** Name of the gRPC trailer that carries {@link encodeErrorStatus}. */
export const ERROR_TRAILER = "grpc-status-details-bin";

const DETAIL_TYPE_URL = `type.googleapis.com/${ErrorDetailSchema.typeName}`;

/** Most bytes of a trailer that are sent: peers refuse headers above 8 to 16 KiB, and then nobody learns anything. */
const MAX_TRAILER_BYTES = 6 * 1024;

/**
 * An error as the bytes of `google.rpc.Status` with one `goverse.ErrorDetail`. Details that would not fit a trailer are left out:
 * first the data of a declared failure, which the receiver then reports as `INTERNAL`.
 */
export function encodeErrorStatus(error: GoverseError): Uint8Array {
  const full = encode(error, detailOf(error));
  if (full.length <= MAX_TRAILER_BYTES) return full;
  const message = `${shorten(error.message)} (its details are too long to be sent)`;
  const code = error.code === "DECLARED" ? "INTERNAL" : error.code;
  const callId = error.details.callId;
  const short = new GoverseError(code, message, callId === undefined ? {} : { callId });
  return encode(short, detailOf(short));
}

function encode(error: GoverseError, detail: Uint8Array): Uint8Array {
  const status = create(ErrorStatusSchema, {
    code: grpcStatusOf(error.code),
    message: error.message,
    details: [{ typeUrl: DETAIL_TYPE_URL, value: detail }],
  });
  return toBinary(ErrorStatusSchema, status);
}

function detailOf({ code, details }: GoverseError): Uint8Array {
  const { field = "", callId = "", owner = "", path = [], declared, retryAfterMs = 0 } = details;
  const detail = create(ErrorDetailSchema, {
    code,
    field,
    callId,
    owner,
    path: path.slice(0, MAX_PATH_LENGTH),
    declaredName: declared?.name ?? "",
    declaredData: declared === undefined ? "" : (JSON.stringify(declared.data) ?? ""),
    retryAfterMs: Math.min(Math.max(0, Math.ceil(retryAfterMs)), 0xffff_ffff),
  });
  return toBinary(ErrorDetailSchema, detail);
}

/** The error in a trailer; `undefined` when the bytes are no such message or carry no detail of ours. Never throws. */
export function decodeErrorStatus(bytes: Uint8Array): GoverseError | undefined {
  try {
    const status = fromBinary(ErrorStatusSchema, bytes);
    const any = status.details.find(({ typeUrl }) => typeUrl === DETAIL_TYPE_URL);
    if (any === undefined) return undefined;
    const detail = fromBinary(ErrorDetailSchema, any.value);
    // A newer peer may know codes that this version does not.
    const code = isErrorCode(detail.code) ? detail.code : "UNKNOWN_OUTCOME";
    return new GoverseError(code, shorten(status.message), detailsFrom(detail));
  } catch {
    return undefined;
  }
}

function detailsFrom(detail: ErrorDetail): ErrorDetails {
  const { field, callId, owner, path, declaredName, declaredData, retryAfterMs } = detail;
  return {
    ...(field === "" ? {} : { field }),
    ...(callId === "" ? {} : { callId }),
    ...(owner === "" ? {} : { owner }),
    ...(path.length === 0 ? {} : { path: path.slice(0, MAX_PATH_LENGTH) }),
    ...(declaredName === "" ? {} : { declared: { name: declaredName, data: parseData(declaredData) } }),
    ...(retryAfterMs === 0 ? {} : { retryAfterMs }),
  };
}

/** Data of a declared failure. It is checked with the contract's schema by whoever asked. */
function parseData(text: string): unknown {
  if (text === "") return undefined;
  const data = JSON.parse(text) as unknown;
  if (text.includes("__proto__") && hasProtoKey(data)) throw new Error('the key "__proto__" is not allowed');
  return data;
}

function hasProtoKey(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasProtoKey);
  return isRecord(value) && (Object.hasOwn(value, "__proto__") || Object.values(value).some(hasProtoKey));
}
