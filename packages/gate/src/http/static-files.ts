import type { Stats } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { invalidArgument } from "@goverse/core";
import type { Context, Middleware } from "koa";

const INDEX = "index.html";
/** Largest file that is served, in bytes. Pages under development are small; anything else belongs behind a web server. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/**
 * Serves the files below `directory`, `index.html` for a folder. For development: nothing is cached, everything is read whole.
 *
 * Only what really lies below the directory is served, symbolic links resolved; names that begin with a dot are not.
 */
export function staticFiles(directory: string): Middleware {
  return async (ctx, next) => {
    if (ctx.method !== "GET" && ctx.method !== "HEAD") return next();
    const names = decodeURIComponent(ctx.path).split("/").slice(1);
    if (names.at(-1) === "") names[names.length - 1] = INDEX;
    const hidden = names.some((name) => name === "" || name.startsWith(".") || /[\\\0]/.test(name));
    const found = hidden ? undefined : await readBelow(directory, names);
    if (found === undefined) return next();
    answer(ctx, names.at(-1) ?? INDEX, found);
  };
}

/** @throws GoverseError `INVALID_ARGUMENT` when it is no folder. */
export async function checkStaticDirectory(directory: string): Promise<void> {
  const stats = await stat(directory).catch(() => undefined);
  if (stats?.isDirectory() === true) return;
  throw invalidArgument("staticDirectory (--static)", directory, "it must be an existing folder");
}

interface Found {
  readonly bytes: Buffer;
  readonly stats: Stats;
}

async function readBelow(directory: string, names: readonly string[]): Promise<Found | undefined> {
  try {
    const root = await realpath(directory);
    const path = await realpath(join(root, ...names));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    const file = await open(path);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > MAX_FILE_BYTES) return undefined;
      return { bytes: await file.readFile(), stats };
    } finally {
      await file.close();
    }
  } catch {
    // Absent, unreadable, or a name that no file system takes: all the same to whoever asks.
    return undefined;
  }
}

function answer(ctx: Context, name: string, { bytes, stats }: Found): void {
  ctx.status = 200;
  ctx.type = extname(name) || "application/octet-stream";
  ctx.etag = `${stats.size.toString(36)}-${Math.trunc(stats.mtimeMs).toString(36)}`;
  // Asked for anew every time, answered with 304 when nothing has changed.
  ctx.set("Cache-Control", "no-cache");
  if (ctx.fresh) ctx.status = 304;
  else ctx.body = bytes;
}
