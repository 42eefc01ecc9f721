import { existsSync, readFileSync } from "node:fs";

/** A code block of the Prometheus integration document, with the sentence above it. */
export interface DocumentBlock {
  readonly section: string;
  readonly sentence: string;
  readonly text: string;
}

/** Names the file that holds the published Prometheus integration document, where somebody has it. */
const DOCUMENT = "GOVERSE_DOCUMENT";

/** The document, when it is at hand; otherwise one line says what was not run, and that is no failure. */
export function readDocument(notRun: string): string | undefined {
  const path = process.env[DOCUMENT] ?? "";
  if (path !== "" && existsSync(path)) return readFileSync(path, "utf8");
  const why = path === "" ? `${DOCUMENT} does not name a file` : `${DOCUMENT} names ${path}, which is not there`;
  process.stdout.write(`not run: ${notRun} (${why})\n`);
  return undefined;
}

/** Every block of a language. Two blocks of the document are not closed: there a block ends at the next sentence. */
export function findBlocks(document: string, language: string): readonly DocumentBlock[] {
  const blocks: DocumentBlock[] = [];
  let section = "";
  let sentence = "";
  let open: string[] | undefined;
  const close = (): void => {
    if (open !== undefined) blocks.push({ section, sentence, text: open.join("\n") });
    open = undefined;
  };
  for (const line of document.split("\n")) {
    if (line.startsWith("```")) {
      close();
      if (line === `\`\`\`${language}`) open = [];
    } else if (/^[A-Z0-9].*:$/.test(line)) {
      close();
      sentence = line.slice(0, -1);
    } else if (/^#{3,} /.test(line)) {
      close();
      section = line.replace(/^#+ /, "");
    } else open?.push(line);
  }
  return blocks;
}
