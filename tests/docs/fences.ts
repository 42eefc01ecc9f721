import type { SourceFile } from "../../scripts/source-files.ts";

/** One command a document shows. */
export interface ShownCommand {
  /** `file:line`, for the message of a failure. */
  readonly where: string;
  /** Without its comment, continuation lines joined. */
  readonly text: string;
}

/** A fenced block of a Markdown document. */
export interface Fence {
  readonly language: string;
  /** 1-based line of its first line of content. */
  readonly line: number;
  readonly lines: readonly string[];
}

/** Every fenced block of a document. Throws when the last one is not closed. */
export function findFences(file: SourceFile): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | undefined;
  for (const [index, line] of file.text.split("\n").entries()) {
    const mark = /^\s*```\s*(\w*)/.exec(line);
    if (mark === null) open?.lines.push(line);
    else if (open === undefined) open = { language: mark[1] ?? "", line: index + 2, lines: [] };
    else {
      fences.push(open);
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${file.path}:${open.line - 1}: the block is not closed`);
  return fences;
}

const shells = new Set(["bash", "sh", "shell", "console"]);

/** Every command in the shell blocks of a document. */
export function findCommands(file: SourceFile): readonly ShownCommand[] {
  return findFences(file)
    .filter(({ language }) => shells.has(language))
    .flatMap((fence) => commandsOf(file.path, fence));
}

function commandsOf(path: string, fence: Fence): readonly ShownCommand[] {
  const commands: ShownCommand[] = [];
  let start: number | undefined;
  let text = "";
  for (const [index, line] of fence.lines.entries()) {
    start ??= fence.line + index;
    const code = withoutComment(line).trim();
    text = `${text} ${code.replace(/\\$/, "")}`.trim();
    if (code.endsWith("\\")) continue;
    if (text !== "") commands.push({ where: `${path}:${start}`, text });
    start = undefined;
    text = "";
  }
  return commands;
}

/** Cuts a comment off; a `#` inside quotes is none. */
function withoutComment(line: string): string {
  const quoted = /'[^']*'|"[^"]*"/g;
  const masked = line.replaceAll(quoted, (text) => "x".repeat(text.length));
  const comment = /(?:^|\s)#(?=\s|$)/.exec(masked);
  return comment === null ? line : line.slice(0, comment.index);
}

/** Splits a command line at `|`, `&&` and `;`, and each part into words, with the quotes of a shell removed. */
export function splitCommand(text: string): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const [token, single, double] of text.matchAll(/'([^']*)'|"([^"]*)"|\|\||&&|[|;]|(?:[^\s|;&'"]|&(?!&))+/g)) {
    if (/^(?:\|\|?|&&|;)$/.test(token)) parts.push([]);
    else parts.at(-1)?.push(single ?? double ?? token);
  }
  return parts.filter((words) => words.length > 0);
}
