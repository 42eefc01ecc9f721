import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { sendError } from "./answers.ts";
import type { PprofHandler } from "./request.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

/** What speedscope needs and no more: nothing from elsewhere, nothing sent elsewhere. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "frame-ancestors 'none'",
].join("; ");

/** Serves the files of one folder under `ui/`. Names are plain: no folders inside, so nothing outside either. */
export function createUiRoute(folder: string, prefix: string): PprofHandler {
  return async ({ ctx }) => {
    const name = ctx.path.slice(`${prefix}/ui/`.length) || "index.html";
    const type = TYPES[extname(name)];
    const isPlain = /^[\w-]+(?:\.[\w-]+)*$/.test(name);
    const body = isPlain && type !== undefined ? await readFile(join(folder, name)).catch(() => undefined) : undefined;
    if (body === undefined || type === undefined) return sendError(ctx, 404, "no such file");
    ctx.status = 200;
    ctx.set("Content-Type", type);
    ctx.set("Content-Security-Policy", POLICY);
    ctx.body = body;
  };
}
