import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const args = ["--conditions=@goverse/source", "--import", "tsx", join(root, "src", "main.ts"), "0"];
const program = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
let metricsUrl = "";

beforeAll(async () => {
  const [line] = (await once(program.stdout, "data")) as [Buffer];
  metricsUrl = line.toString().trim();
}, 60_000);
afterAll(() => program.kill());

async function samples(): Promise<readonly string[]> {
  const text = await (await fetch(metricsUrl)).text();
  return text.split("\n").filter((line) => !line.startsWith("#"));
}

test("a service without a cluster shows its objects and calls", async () => {
  const base = metricsUrl.replace("/metrics", "");
  const status = async (method: string, path: string): Promise<number> => (await fetch(base + path, { method })).status;
  expect(await status("POST", "/baskets/ann/apple")).toBe(204);
  expect(await status("POST", "/baskets/bob/pear")).toBe(204);
  expect(await status("POST", "/baskets/bob/")).toBe(400);
  expect(await status("DELETE", "/baskets/ann")).toBe(204);
  expect(await status("DELETE", "/baskets/ann")).toBe(404);
  const lines = await samples();
  const calls = 'goverse_method_calls_total{node="localhost:0",object_type="Basket",method_name=';
  expect(lines).toContain(`${calls}"Add",status="success"} 2`);
  expect(lines).toContain(`${calls}"Add",status="failure"} 1`);
  expect(lines).toContain(`${calls}"Remove",status="failure"} 1`);
  expect(lines).toContain('goverse_objects_total{node="localhost:0",type="Basket",shard="0"} 1');
});
