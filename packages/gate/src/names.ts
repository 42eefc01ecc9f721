import { GoverseError } from "@goverse/core";

// What contracts may be called. Anything else cannot exist, and is turned away before it reaches logs and nodes.
const TYPE_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,99}$/;
const METHOD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;

/** @throws GoverseError `UNKNOWN_TYPE` for a name that no object type can have. */
export function checkType(type: string): void {
  if (!TYPE_NAME.test(type)) throw new GoverseError("UNKNOWN_TYPE", `no object type is called ${show(type)}`);
}

/** @throws GoverseError `UNKNOWN_METHOD` for a name that no method can have. */
export function checkMethod(type: string, method: string): void {
  if (!METHOD_NAME.test(method)) {
    throw new GoverseError("UNKNOWN_METHOD", `${type} has no method called ${show(method)}`);
  }
}

/** Longest part of a wrong name that an error repeats. */
const SHOWN_LENGTH = 80;

function show(name: string): string {
  return JSON.stringify(name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH)}…` : name);
}
