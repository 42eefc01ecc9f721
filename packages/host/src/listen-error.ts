import { GoverseError, invalidArgument } from "@goverse/core";
import { formatListenAddress, type ListenAddress, MAX_PORT } from "./listen-address.ts";

/** Makes the system's answer to a failed `listen` a sentence that says which option to change, and to what. Also for gRPC servers. */
export function listenError(option: string, address: ListenAddress, cause: unknown): GoverseError {
  const error = invalidArgument(option, formatListenAddress(address), remedyFor(address, codeOf(cause)));
  return new GoverseError(error.code, error.message, error.details, { cause });
}

function remedyFor(address: ListenAddress, code: string): string {
  const next = formatListenAddress({ ...address, port: address.port < MAX_PORT ? address.port + 1 : address.port - 1 });
  switch (code) {
    case "EADDRINUSE":
      return `the port is taken by another process; stop that one or choose another port, for example ${next}`;
    case "EACCES":
      return "the system does not allow this port to this user; choose one from 1024 up";
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return 'this machine has no such address; use one of its own, localhost, or ":port" for all of them';
    default:
      return `the system refused it (${code})`;
  }
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (typeof code === "string") return code;
  // gRPC puts the system's code into a sentence.
  const text = cause instanceof Error ? cause.message : String(cause);
  return /\bE[A-Z]{4,}\b/.exec(text)?.[0] ?? text;
}
