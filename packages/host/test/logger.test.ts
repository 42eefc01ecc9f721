import { GoverseError, type Logger } from "@goverse/core";
import { describe, expect, it } from "vitest";
import { createLogger, type LoggerOptions } from "../src/index.ts";

function capture(options: Partial<LoggerOptions> = {}): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const logger = createLogger({ name: "node", write: (line) => void lines.push(line), ...options });
  return { logger, lines };
}

/** A line without its time of day. */
function untimed(line: string | undefined): string {
  expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} /);
  return (line ?? "").slice("00:00:00.000 ".length);
}

describe("the log for people", () => {
  it("is one line per message with the fields behind", () => {
    const { logger, lines } = capture();
    logger.info("shards claimed", { count: 64, from: "localhost:47001", why: "it left", list: [1, 2] });
    expect(lines.map(untimed)).toEqual([
      'INFO  node  shards claimed count=64 from=localhost:47001 why="it left" list=[1,2]\n',
    ]);
  });

  it("cannot be forged with line breaks, nor flooded", () => {
    const { logger, lines } = capture();
    logger.warn("bad name a\nb", { name2: "x\n12:00:00 ERROR fake", long: "y".repeat(10_000) });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toContain("\n");
    expect(lines[0]?.length).toBeLessThan(700);
  });

  it("shows an expected error by its message and a bug with its stack", () => {
    const { logger, lines } = capture();
    logger.error("call failed", { error: new GoverseError("UNAVAILABLE", "no owner") });
    logger.error("call failed", { error: new TypeError("undefined is no function") });
    expect(untimed(lines[0])).toBe('ERROR node  call failed error="no owner"\n');
    expect(untimed(lines[1])).toMatch(
      /^ERROR node  call failed error="undefined is no function"\n +at .*logger\.test\.ts/,
    );
  });

  it("has levels and children", () => {
    const { logger, lines } = capture({ level: "warn" });
    logger.debug("no");
    logger.info("no");
    const child = logger.child({ shard: 7 });
    child.info("no");
    child.warn("yes", { a: 1 });
    expect(lines.map(untimed)).toEqual(["WARN  node  yes shard=7 a=1\n"]);
  });
});

describe("the log for machines", () => {
  it("is one JSON object per line", () => {
    const { logger, lines } = capture({ json: true });
    logger.child({ shard: 7 }).error("call failed", { error: new Error("no", { cause: new Error("why") }) });
    const [line = ""] = lines;
    expect(line.endsWith("}\n")).toBe(true);
    expect(JSON.parse(line)).toMatchObject({
      level: "error",
      name: "node",
      message: "call failed",
      shard: 7,
      error: { type: "Error", message: "no", cause: { message: "why" } },
    });
    expect(JSON.parse(line)).toHaveProperty("time", expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/));
  });
});

describe.each([true, false])("secrets (json: %s)", (json) => {
  it("and payloads are never printed, whoever passes them", () => {
    const { logger, lines } = capture({ json, level: "debug" });
    const secret = "hunter2";
    for (const key of ["password", "token", "secret", "authorization", "cookie", "payload", "body"]) {
      logger.debug("top", { [key]: secret });
      logger.info("nested", { request: { [key]: secret } });
      logger.child({ [key]: secret }).warn("child");
    }
    expect(lines).toHaveLength(21);
    expect(lines.join("")).not.toContain(secret);
    expect(lines[0]).toContain("[redacted]");
  });
});
