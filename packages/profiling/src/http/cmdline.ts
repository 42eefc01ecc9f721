const SECRET = /token|secret|passw|credential|api-?key|private-?key/i;
const REDACTED = "REDACTED";

/**
 * A command line without its secrets: values of options whose names say so, and passwords in URLs.
 *
 * @param args the program and its arguments
 */
export function redactArgs(args: readonly string[]): readonly string[] {
  return args.map((arg, index) => {
    const [, option, value] = /^(-{1,2}[^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (option !== undefined && value !== undefined) {
      return SECRET.test(option) ? `${option}=${REDACTED}` : `${option}=${redactUrl(value)}`;
    }
    const isValue = option === undefined && /^-{1,2}[^=]+$/.test(args[index - 1] ?? "");
    return isValue && SECRET.test(args[index - 1] ?? "") ? REDACTED : redactUrl(arg);
  });
}

function redactUrl(text: string): string {
  return text.replaceAll(/(\w+:\/\/[^/\s:@]*):[^/\s@]*@/g, `$1:${REDACTED}@`);
}

/** The command line of this process. */
export function processArgs(): readonly string[] {
  return [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
}
