import type { RouterContext } from "@koa/router";

/** An answer with a profile in it, as Go's handlers give it. */
export function sendProfile(ctx: RouterContext, fileName: string, body: Buffer): void {
  sendFile(ctx, { fileName, type: "application/octet-stream", body });
}

/** A file to be saved. The body is not marked as compressed even where it is: readers of pprof unzip it themselves. */
export function sendFile(
  ctx: RouterContext,
  { fileName, type, body }: { readonly fileName: string; readonly type: string; readonly body: Buffer | string },
): void {
  ctx.status = 200;
  ctx.set("Content-Type", type);
  ctx.set("Content-Disposition", `attachment; filename="${fileName}"`);
  ctx.body = body;
}

/** Text for people. */
export function sendText(ctx: RouterContext, text: string): void {
  ctx.status = 200;
  ctx.set("Content-Type", "text/plain; charset=utf-8");
  ctx.body = text;
}

/** An error in words. `go tool pprof` prints them only when the answer carries `X-Go-Pprof`. */
export function sendError(ctx: RouterContext, status: number, text: string): void {
  ctx.status = status;
  ctx.set("Content-Type", "text/plain; charset=utf-8");
  ctx.set("X-Go-Pprof", "1");
  ctx.remove("Content-Disposition");
  ctx.body = `${text}\n`;
}
