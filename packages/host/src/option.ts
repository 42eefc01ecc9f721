import { GoverseError } from "@goverse/core";
import { type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { UsageError } from "./usage-error.ts";

/** Turns the text of a flag or variable into a value. `source` is what to call it in errors. Throws `UsageError`. */
export type ParseOption<T> = (text: string, source: string) => T;

/** One option as data: what parses it, and what a page about configuration says. */
export interface OptionSpec<T> {
  readonly kind: "value" | "list" | "switch";
  readonly parse: ParseOption<T>;
  readonly defaultValue: T;
  /** The default as a reader sees it; absent when there is none. */
  readonly defaultText?: string;
  /** Stands for the value in `--help`: `host:port`. */
  readonly placeholder: string;
  /** One sentence, with the unit of the value. */
  readonly help: string;
  /** Other flags that mean the same, without dashes. */
  readonly aliases: readonly string[];
  /** Read from the environment only: a flag would show it to everybody who can list processes. */
  readonly secret: boolean;
}

/** What every kind of option may have. */
export interface OptionText {
  readonly help: string;
  readonly aliases?: readonly string[];
}

/** Options of a program by property name. `httpListen` is the flag `--http-listen` and the variable `GOVERSE_HTTP_LISTEN`. */
export type OptionTable = Readonly<Record<string, OptionSpec<unknown>>>;

/** The values of a table. */
export type ResolvedOptions<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends OptionSpec<infer V> ? V : never;
};

/** Any text. */
export function textOption(
  spec: OptionText & { readonly placeholder: string; readonly default: string },
): OptionSpec<string> {
  return { ...base(spec, spec.placeholder, spec.default), parse: nonEmpty, defaultValue: spec.default };
}

/** Any text, or nothing. */
export function optionalTextOption(
  spec: OptionText & { readonly placeholder: string },
): OptionSpec<string | undefined> {
  return { ...base(spec, spec.placeholder), parse: nonEmpty, defaultValue: undefined };
}

/** A text that must not appear in lists of processes: environment only. */
export function secretOption(spec: OptionText): OptionSpec<string | undefined> {
  return { ...base(spec, "text"), parse: nonEmpty, defaultValue: undefined, secret: true };
}

/** A whole number within bounds. */
export function integerOption(
  spec: OptionText & { readonly min: number; readonly max: number; readonly default: number },
): OptionSpec<number> {
  const { min, max } = spec;
  const parse: ParseOption<number> = (text, source) => {
    const value = Number(text);
    if (/^-?[0-9]+$/.test(text) && value >= min && value <= max) return value;
    throw UsageError.value(source, text, `give a whole number from ${min} to ${max}`);
  };
  return { ...base(spec, "number", String(spec.default)), parse, defaultValue: spec.default };
}

/** One of a few words. */
export function choiceOption<const T extends string>(
  spec: OptionText & { readonly choices: readonly T[]; readonly default: NoInfer<T> },
): OptionSpec<T> {
  const parse: ParseOption<T> = (text, source) => {
    const choice = spec.choices.find((each) => each === text);
    if (choice === undefined) throw UsageError.value(source, text, `give ${spec.choices.join(" or ")}`);
    return choice;
  };
  return { ...base(spec, spec.choices.join("|"), spec.default), parse, defaultValue: spec.default };
}

/** Several texts: separated by commas, or the flag several times. */
export function listOption(
  spec: OptionText & { readonly placeholder: string; readonly default: readonly string[] },
): OptionSpec<readonly string[]> {
  const parse: ParseOption<readonly string[]> = (text, source) => {
    const items = text.split(",").map((item) => item.trim());
    if (items.includes("")) throw UsageError.value(source, text, "an item of the list is empty");
    return items;
  };
  const defaultText = spec.default.length === 0 ? undefined : spec.default.join(",");
  return { ...base(spec, spec.placeholder, defaultText), kind: "list", parse, defaultValue: spec.default };
}

/** On or off. `--name`, `--name=true` and `--name=false`; off by default. */
export function switchOption(spec: OptionText): OptionSpec<boolean> {
  const parse: ParseOption<boolean> = (text, source) => {
    if (text === "true" || text === "1") return true;
    if (text === "false" || text === "0") return false;
    throw UsageError.value(source, text, "give true or false");
  };
  return { ...base(spec, ""), kind: "switch", parse, defaultValue: false };
}

/** Where to listen; without a default the listener is off. */
export function listenOption(spec: OptionText & { readonly default: string }): OptionSpec<ListenAddress> {
  const defaultValue = parseListenAddress("default", spec.default);
  return { ...base(spec, "host:port", spec.default), parse: parseAddressOption, defaultValue };
}

/** Where to listen, or off. */
export function optionalListenOption(spec: OptionText): OptionSpec<ListenAddress | undefined> {
  return { ...base(spec, "host:port"), parse: parseAddressOption, defaultValue: undefined };
}

const parseAddressOption: ParseOption<ListenAddress> = (text, source) => {
  try {
    return parseListenAddress(source, text);
  } catch (error) {
    throw new UsageError(GoverseError.from(error).message, { cause: error });
  }
};

const nonEmpty: ParseOption<string> = (text, source) => {
  if (text.trim() === "") throw UsageError.value(source, text, "it is empty");
  return text;
};

type Common = Pick<OptionSpec<unknown>, "kind" | "placeholder" | "help" | "aliases" | "secret" | "defaultText">;

function base({ help, aliases = [] }: OptionText, placeholder: string, defaultText?: string): Common {
  return {
    kind: "value",
    placeholder,
    help,
    aliases,
    secret: false,
    ...(defaultText === undefined ? {} : { defaultText }),
  };
}
