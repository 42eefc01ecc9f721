import { execFile } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("a program that waits for its gate stays alive until it knows, and ends when the client is closed", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const script = fileURLToPath(new URL("./support/waiting-main.ts", import.meta.url));
  const args = ["--conditions=@goverse/source", "--import", "tsx", script, `http://127.0.0.1:${port}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
  expect(stdout).toBe("UNAVAILABLE\n");
}, 30_000);
