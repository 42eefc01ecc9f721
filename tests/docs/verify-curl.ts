import type { MethodContracts } from "@goverse/core";
import { ChatClient, ChatRoom } from "@goverse/example-chat";
import { API_VERBS, parseApiPath } from "@goverse/protocol";

/** Where `pnpm dev` listens for HTTP: nodes on the first three, the gate on the last. */
const opsPorts = ["9090", "9091", "9092"];
const gatePort = "8080";
const opsPaths = ["/metrics", "/healthz", "/ready"];

const contracts: Readonly<Record<string, MethodContracts>> = {
  [ChatRoom.name]: ChatRoom.methods,
  [ChatClient.name]: ChatClient.methods,
};

interface Request {
  readonly verb: string;
  readonly url: URL;
  readonly body: string | undefined;
}

/** Returns what is wrong with a `curl` to a local cluster; undefined when the gate or a node would take it. */
export async function verifyCurl(words: readonly string[]): Promise<string | undefined> {
  const request = parseCurl(words.slice(1));
  if (typeof request === "string") return request;
  const { url, verb } = request;
  if (url.hostname !== "localhost") return `${url.href} is not on this machine`;
  if (opsPaths.includes(url.pathname)) {
    if (verb !== "GET") return `${url.pathname} takes GET only`;
    return [...opsPorts, gatePort].includes(url.port) ? undefined : `nothing of pnpm dev listens on ${url.port}`;
  }
  if (url.port !== gatePort) return `the gate of pnpm dev listens on ${gatePort}, not on ${url.port}`;
  return url.pathname === "/" ? undefined : verifyApi(request);
}

async function verifyApi({ url, verb, body }: Request): Promise<string | undefined> {
  const path = parseApiPath(url.pathname);
  if (path === undefined) return `${url.pathname} is no route`;
  if (!API_VERBS[path.kind].includes(verb)) {
    return `${url.pathname} takes ${API_VERBS[path.kind].join(", ")}, not ${verb}`;
  }
  if (path.kind === "events") return undefined;
  const methods = Object.hasOwn(contracts, path.type) ? contracts[path.type] : undefined;
  if (methods === undefined) return `the chat has no type "${path.type}"`;
  if (path.kind === "object") return undefined;
  const method = Object.hasOwn(methods, path.method) ? methods[path.method] : undefined;
  if (method === undefined) return `${path.type} has no method "${path.method}"`;
  if (method.in === undefined) return body === undefined ? undefined : `${path.method} takes no input`;
  const checked = await method.in["~standard"].validate(JSON.parse(body ?? "null"));
  return checked.issues === undefined ? undefined : `${path.method} refuses ${body ?? "an empty body"}`;
}

/** Reads the options of curl that documents use; anything else is a fault. */
function parseCurl(words: readonly string[]): Request | string {
  let verb: string | undefined;
  let body: string | undefined;
  let url: URL | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (["-s", "-i", "-N", "-f", "-sf", "-fsS", "-sN"].includes(word)) continue;
    if (word === "-X") verb = words[++index];
    else if (word === "-H") index++;
    else if (["--json", "-d", "--data"].includes(word)) body = words[++index];
    else if (word.startsWith("-")) return `curl ${word} is not read by tests/docs/verify-curl.ts`;
    else url = new URL(word.includes("://") ? word : `http://${word}`);
  }
  if (url === undefined) return "curl without an address";
  return { verb: verb ?? (body === undefined ? "GET" : "POST"), url, body };
}
