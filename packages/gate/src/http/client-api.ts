import { type Clock, invalidArgument, JSON_TYPE_URL, jsonPayload, jsonTextOf, type Payload } from "@goverse/core";
import {
  API_VERBS,
  type ApiPath,
  CALL_ID_HEADER,
  CLIENT_ID_HEADER,
  parseApiPath,
  parseCallId,
  parseRepeatable,
  parseTimeoutHeader,
  REPEATABLE_HEADER,
  TIMEOUT_HEADER,
} from "@goverse/protocol";
import type { Context, Middleware } from "koa";
import type { ClientRegistry } from "../client-registry.ts";
import { parseClientId } from "../client-id.ts";
import type { RequestOptions, Router } from "../router.ts";
import { readJsonText } from "./body.ts";
import { EventStream } from "./event-stream.ts";
import { HttpRefusal } from "./refusal.ts";

/** What the client API needs from the gate. */
export interface ClientApiParts {
  readonly router: Pick<Router, "call" | "create" | "destroy">;
  readonly clients: ClientRegistry;
}

// A request without a body still says that its sender speaks JSON, so that a protobuf reply comes back as JSON too.
const NO_INPUT: Payload = { typeUrl: JSON_TYPE_URL, bytes: new Uint8Array(0) };

/**
 * The routes of clients: calls, creation and deletion of objects, and the event stream. Other paths are left to whoever follows.
 * @param gate The parts behind it; throws while there are none yet.
 */
export function clientApi(gate: () => ClientApiParts, clock: Clock): Middleware {
  return async (ctx, next) => {
    const path = parseApiPath(ctx.path);
    if (path === undefined) return next();
    checkVerb(ctx, API_VERBS[path.kind]);
    if (ctx.method === "OPTIONS") return;
    const { router, clients } = gate();
    if (path.kind === "events") openEventStream(ctx, clients, clock);
    else if (path.kind === "call") await call(ctx, path, router);
    else await createOrDestroy(ctx, path, router);
  };
}

function checkVerb(ctx: Context, verbs: readonly string[]): void {
  const allow = [...verbs, "OPTIONS"].join(", ");
  if (ctx.method === "OPTIONS") {
    ctx.set("Allow", allow);
    ctx.status = 204;
  } else if (!verbs.includes(ctx.method)) {
    throw new HttpRefusal(405, "UNSUPPORTED", `${ctx.method} is not for this path; use ${verbs.join(" or ")}`, {
      Allow: allow,
    });
  }
}

async function call(ctx: Context, path: ApiPath & { kind: "call" }, router: ClientApiParts["router"]): Promise<void> {
  const { type, id, method } = path;
  const options = requestOptions(ctx);
  const clientId = parseClientId(header(ctx, CLIENT_ID_HEADER));
  const text = await readJsonText(ctx.req);
  const payload = text === undefined ? NO_INPUT : jsonPayload(text);
  const reply = await router.call({ type, id, method, payload, clientId, ...options });
  answerWith(ctx, reply);
}

function answerWith(ctx: Context, reply: Payload | undefined): void {
  const text = jsonTextOf(reply);
  if (text !== undefined) {
    ctx.type = "application/json";
    ctx.body = text;
  } else if (reply === undefined || reply.bytes.length === 0) {
    ctx.status = 204;
  } else {
    throw new HttpRefusal(501, "UNSUPPORTED", `the reply is a ${reply.typeUrl}, which has no JSON form; use gRPC`);
  }
}

async function createOrDestroy(
  ctx: Context,
  { type, id }: ApiPath & { kind: "object" },
  router: ClientApiParts["router"],
): Promise<void> {
  const options = requestOptions(ctx);
  if ((await readJsonText(ctx.req)) !== undefined) throw invalidArgument("body", "…", "this request takes none");
  if (ctx.method === "DELETE") {
    const existed = await router.destroy(type, id, options);
    if (!existed) throw new HttpRefusal(404, "NOT_FOUND", "there is no such object");
    ctx.status = 204;
  } else {
    await router.create(type, id, options);
    ctx.body = { id };
  }
}

function requestOptions(ctx: Context): RequestOptions {
  return {
    timeoutMs: parseTimeoutHeader(header(ctx, TIMEOUT_HEADER)),
    callId: parseCallId(header(ctx, CALL_ID_HEADER)),
    repeatable: parseRepeatable(header(ctx, REPEATABLE_HEADER)),
    signal: gone(ctx),
  };
}

/** Node joins the values of a header that comes twice; the parsers then refuse what that makes. */
function header(ctx: Context, name: string): string | undefined {
  const value = ctx.request.headers[name];
  return Array.isArray(value) ? value.join() : value;
}

/** Aborted when the client hangs up before it has its answer. */
function gone(ctx: Context): AbortSignal {
  const abort = new AbortController();
  ctx.res.once("close", () => {
    if (!ctx.res.writableFinished) abort.abort();
  });
  return abort.signal;
}

function openEventStream(ctx: Context, clients: ClientRegistry, clock: Clock): void {
  const stream = new EventStream(ctx.res, clock);
  // Koa's headers first: the stream sends them when it greets the client.
  ctx.respond = false;
  try {
    const client = clients.add(stream);
    ctx.res.on("drain", () => client.drained());
    ctx.res.once("close", () => {
      stream.stopHeartbeat();
      clients.remove(client);
    });
  } catch (error) {
    ctx.respond = true;
    throw error;
  }
}
