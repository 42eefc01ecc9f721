import { GoverseError, type Logger } from "@goverse/core";
import { codeOfHttpStatus, errorToJson } from "@goverse/protocol";
import type { Context, Middleware } from "koa";
import { HttpRefusal } from "./refusal.ts";

/**
 * Turns everything that is thrown below it into `{"error", "code"}`, and paths and verbs that nobody serves as well. What is not an
 * error of ours goes to the log; the client learns that there was one, and no more.
 */
export function errorAnswers(logger: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      const unanswered = ctx.status >= 400 && (ctx.body === undefined || ctx.body === null);
      if (unanswered && ctx.respond !== false) refuse(ctx, ctx.status, unservedText(ctx));
    } catch (thrown) {
      answer(ctx, thrown, logger);
    }
  };
}

function answer(ctx: Context, thrown: unknown, logger: Logger): void {
  if (thrown instanceof HttpRefusal) {
    ctx.set(thrown.headers);
    ctx.status = thrown.status;
    ctx.body = { error: thrown.message, code: thrown.code };
    return;
  }
  if (isExposed(thrown)) return refuse(ctx, thrown.status, thrown.message);
  if (!(thrown instanceof GoverseError)) logger.error("an HTTP request failed", { path: ctx.path, error: thrown });
  const { status, body } = errorToJson(GoverseError.from(thrown));
  ctx.status = status;
  ctx.body = body;
}

function unservedText({ status, method, path, response }: Context): string {
  if (status === 404) return `nothing is served at ${path}`;
  return status === 405 ? `${method} is not for ${path}; use ${response.get("Allow")}` : `${method} is not served here`;
}

function refuse(ctx: Context, status: number, message: string): void {
  ctx.status = status;
  ctx.body = { error: message, code: codeOfHttpStatus(status) };
}

/** Whether this is a refusal of Koa's kind, made for the client to read. */
function isExposed(thrown: unknown): thrown is Error & { readonly status: number } {
  const { status, expose } = thrown as { readonly status?: unknown; readonly expose?: unknown };
  return thrown instanceof Error && typeof status === "number" && expose === true;
}
