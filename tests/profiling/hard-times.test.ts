// What must not go wrong: strange requests, many of them, broken connections, other people, a forbidden inspector.
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromSource } from "../support/program.ts";
import { requireTool } from "../support/tools.ts";
import { createPprofTool } from "./pprof.ts";
import { type ProfiledService, startService } from "./profiled-service.ts";

const go = requireTool("go", "go tool pprof with a token");
const TOKEN = "a-token-for-other-machines";
const MB = 1024 * 1024;
const [elsewhere] = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .filter(({ family, internal }) => family === "IPv4" && !internal)
  .map(({ address }) => address);

let service: ProfiledService;

beforeAll(async () => {
  service = await startService({ SERVICE_TOKEN: TOKEN, SERVICE_HOST: "0.0.0.0", SERVICE_HEAP_SNAPSHOT: "1" });
});

afterAll(() => service.program.destroy());

describe("a service under strange requests", () => {
  test("answers each as it should, and has its memory back afterwards", async () => {
    const before = (await service.ask("memory")) as number;
    const expected: readonly (readonly [path: string, status: number])[] = [
      ["heap?seconds=-1", 400],
      ["heap?seconds=abc", 400],
      ["goroutine?seconds=1e9", 400],
      ["profile?seconds=1000000000", 400],
      ["goroutine?debug=9", 200],
      ["%00", 404],
      ["..%2f..%2fetc%2fpasswd", 404],
      ["ui/..%2f..%2fpackage.json", 404],
      [`nothing?${"x".repeat(4000)}`, 404],
    ];
    for (const [path, status] of expected) {
      expect([path, (await fetch(`${service.pprof}/${path}`)).status]).toEqual([path, status]);
    }
    const many = Array.from({ length: 50 }, (_, index) =>
      fetch(`${service.pprof}/${["profile?seconds=1", "heap?gc=1", "goroutine", "trace"][index % 4] ?? ""}`),
    );
    const answers = await Promise.all(many);
    for (const answer of answers) expect([200, 500]).toContain(answer.status);
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    const aborted = Array.from({ length: 20 }, (_, index) =>
      fetch(`${service.pprof}/${["profile", "heap?seconds=30", "trace?seconds=30"][index % 3] ?? ""}`, {
        signal: AbortSignal.timeout(300),
      }).catch((error: unknown) => (error as Error).name),
    );
    expect(new Set(await Promise.all(aborted.filter((_, index) => index % 3 === 1)))).toEqual(
      new Set(["TimeoutError"]),
    );
    await Promise.all(aborted);
    const cpu = await fetch(`${service.pprof}/profile?seconds=1`);
    expect([cpu.status, (await cpu.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
    const after = (await service.ask("memory")) as number;
    expect((after - before) / MB).toBeLessThan(20);
  });
});

test("a heap snapshot is for POST, where it is switched on, one at a time", async () => {
  const url = `${service.pprof}/heapsnapshot?force=1`;
  expect((await fetch(url)).status).toBe(405);
  const [first, second] = await Promise.all([fetch(url, { method: "POST" }), fetch(url, { method: "POST" })]);
  expect([first.status, second.status].sort((a, b) => a - b)).toEqual([200, 409]);
  const snapshot = first.status === 200 ? first : second;
  expect(snapshot.headers.get("content-disposition")).toBe(`attachment; filename="heap.heapsnapshot"`);
  expect((await snapshot.text()).slice(0, 12)).toBe(`{"snapshot":`);
  expect((await fetch(`${service.pprof}/goroutine`)).status).toBe(200);
});

describe.runIf(elsewhere !== undefined)("from another address", () => {
  const url = (userinfo = ""): string => {
    const { port } = new URL(service.url);
    return `http://${userinfo}${elsewhere ?? ""}:${port}/debug/pprof`;
  };

  test("only the token opens", async () => {
    expect((await fetch(`${url()}/cmdline`)).status).toBe(401);
    const headers = (authorization: string): RequestInit => ({ headers: { authorization } });
    expect((await fetch(`${url()}/cmdline`, headers("Bearer wrong-token"))).status).toBe(401);
    expect((await fetch(`${url()}/cmdline`, headers(`Bearer ${TOKEN}`))).status).toBe(200);
  });

  test.runIf(go !== undefined)("go tool pprof sends it from the URL, and says what is wrong without it", async () => {
    const pprof = createPprofTool(go ?? "");
    const [right, wrong] = await Promise.all([
      pprof.run(["-top", `${url(`x:${TOKEN}@`)}/threadcreate`]),
      pprof.run(["-top", `${url()}/threadcreate`]),
    ]);
    pprof.remove();
    expect([right.status, right.out]).toEqual([0, expect.stringContaining("(main)")]);
    expect(wrong.status).not.toBe(0);
    expect(wrong.err).toContain("send the token");
  });
});

test("where the inspector is forbidden the service runs, and the answer says what to do", async () => {
  const [major = 0] = process.versions.node.split(".").map(Number);
  const permission = major >= 24 ? "--permission" : "--experimental-permission";
  const restricted = await startService({}, [
    permission,
    "--allow-fs-read=*",
    "--allow-fs-write=*",
    "--allow-worker",
    "--allow-child-process",
    ...(major >= 25 ? ["--allow-net"] : []),
    ...fromSource("tests/profiling/service/main.ts"),
  ]);
  try {
    for (const name of ["profile?seconds=1", "trace"]) {
      const response = await fetch(`${restricted.pprof}/${name}`);
      expect([name, response.status, await response.text()]).toEqual([
        name,
        501,
        expect.stringContaining("--allow-inspector"),
      ]);
    }
    for (const name of ["heap", "allocs", "block", "mutex", "goroutine", "threadcreate"]) {
      expect([name, (await fetch(`${restricted.pprof}/${name}`)).status]).toEqual([name, 200]);
    }
  } finally {
    await restricted.program.destroy();
  }
});
