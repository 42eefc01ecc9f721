import type { IncomingMessage } from "node:http";
import { GoverseError } from "@goverse/core";
import { HttpRefusal } from "./refusal.ts";

/** Largest request body, in bytes. Objects are for small messages; files belong in a store that is made for them. */
export const MAX_BODY_BYTES: number = 1024 * 1024;
/**
 * Most bytes of a body that are read only to be thrown away, so that a client which is still sending gets to read the refusal. Closing
 * the connection on it would lose the answer.
 */
const MAX_DISCARDED_BYTES = 8 * MAX_BODY_BYTES;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads the JSON body of a request as text, without keeping the parsed value: the node checks it against the method's schema.
 * @returns `undefined` when there is no body.
 * @throws HttpRefusal 413 (too large), 415 (not JSON by its headers), 400 (not JSON).
 */
export async function readJsonText(request: IncomingMessage): Promise<string | undefined> {
  const bytes = await readAll(request);
  if (bytes.length === 0) return undefined;
  checkEncoding(request);
  try {
    const text = utf8.decode(bytes);
    JSON.parse(text);
    return text;
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw new HttpRefusal(400, "INVALID_ARGUMENT", `the body is not JSON: ${why}`);
  }
}

function checkEncoding(request: IncomingMessage): void {
  const type = request.headers["content-type"];
  if (type !== undefined && !/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) {
    throw new HttpRefusal(415, "UNSUPPORTED", "send the body as Content-Type: application/json in UTF-8");
  }
  if ((request.headers["content-encoding"] ?? "identity") !== "identity") {
    throw new HttpRefusal(415, "UNSUPPORTED", "send the body without Content-Encoding");
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_DISCARDED_BYTES) throw tooLarge({ Connection: "close" });
  let chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_DISCARDED_BYTES) throw tooLarge({ Connection: "close" });
      if (size > MAX_BODY_BYTES) chunks = [];
      else chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof HttpRefusal) throw error;
    throw new GoverseError("CANCELLED", "the client went away before its request was complete", {}, { cause: error });
  }
  if (size > MAX_BODY_BYTES) throw tooLarge();
  return Buffer.concat(chunks, size);
}

function tooLarge(headers: Readonly<Record<string, string>> = {}): HttpRefusal {
  return new HttpRefusal(413, "PAYLOAD_TOO_LARGE", `the body must be at most ${MAX_BODY_BYTES} bytes`, headers);
}
