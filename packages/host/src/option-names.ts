import type { OptionTable } from "./option.ts";

/** `httpListen` → `http-listen`. */
export function flagName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `httpListen` → `GOVERSE_HTTP_LISTEN`. */
export function variableName(key: string): string {
  return `GOVERSE_${flagName(key).toUpperCase().replaceAll("-", "_")}`;
}

/** One option as a page about configuration lists it. */
export interface DocumentedOption {
  /** With dashes, first the name, then the aliases; empty when the option is read from the environment only. */
  readonly flags: readonly string[];
  readonly variable: string;
  readonly placeholder: string;
  readonly defaultText: string | undefined;
  readonly help: string;
}

/** A table as text, for `--help` and documents. */
export function documentOptions(table: OptionTable): readonly DocumentedOption[] {
  return Object.entries(table).map(([key, { placeholder, defaultText, help, aliases, secret }]) => ({
    flags: secret ? [] : [flagName(key), ...aliases].map((name) => `--${name}`),
    variable: variableName(key),
    placeholder,
    defaultText,
    help,
  }));
}
