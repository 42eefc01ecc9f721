import { GoverseError, type Logger } from "@goverse/core";
import type { Context, Middleware } from "koa";

const CODES: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  501: "UNSUPPORTED",
};

/**
 * Answers every failure with `{"error": message, "code": code}`: errors that were thrown, and routes or methods that do not exist.
 * What is not the client's fault is logged and stays here. Use it first.
 */
export function jsonErrors(logger: Pick<Logger, "error">): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      answerThrown(ctx, error, logger);
      return;
    }
    if (ctx.status < 400 || (ctx.body !== undefined && ctx.body !== null)) return;
    answer(ctx, ctx.status, explainStatus(ctx));
  };
}

function answerThrown(ctx: Context, error: unknown, logger: Pick<Logger, "error">): void {
  if (error instanceof GoverseError && error.code === "INVALID_ARGUMENT") return answer(ctx, 400, error.message);
  const { status, expose, message } = error as { status?: unknown; expose?: unknown; message?: unknown };
  if (typeof status === "number" && expose === true) return answer(ctx, status, String(message));
  logger.error("an HTTP request failed", { method: ctx.method, path: ctx.path, error });
  return answer(ctx, 500, "internal error");
}

function explainStatus(ctx: Context): string {
  if (ctx.status === 404) return `there is no ${ctx.path} here`;
  return ctx.status === 405
    ? `${ctx.path} takes ${ctx.response.get("Allow")}, not ${ctx.method}`
    : "the request was refused";
}

function answer(ctx: Context, status: number, message: string): void {
  ctx.status = status;
  ctx.body = { error: message, code: CODES[status] ?? (status < 500 ? "INVALID_ARGUMENT" : "INTERNAL") };
}
