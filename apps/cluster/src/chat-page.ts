import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const example = dirname(createRequire(import.meta.url).resolve("@goverse/example-chat/package.json"));

/** Module with the chat's object types, for `--objects`. */
export const chatObjects: string = join(example, "src", "objects.ts");

/** The chat page as a folder of files that a gate can serve. */
export interface ChatPage {
  readonly directory: string;
  remove(): Promise<void>;
}

/** Bundles the chat page from its sources into a temporary folder. Takes some 50 ms. */
export async function buildChatPage(): Promise<ChatPage> {
  const directory = await mkdtemp(join(tmpdir(), "goverse-chat-"));
  await Promise.all(
    ["index.html", "style.css"].map((name) => copyFile(join(example, "web", name), join(directory, name))),
  );
  await build({
    entryPoints: [join(example, "src", "web", "main.ts")],
    outfile: join(directory, "app.js"),
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["@goverse/source"],
    sourcemap: "inline",
    logLevel: "error",
  });
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}
