// Measure objects of your own with GoVerse's metrics, and nothing else of it. `pnpm start`, or `pnpm start 9100` for another port.
import type { AddressInfo } from "node:net";
import { createService } from "./service.ts";

const port = Number(process.argv[2] ?? 9090);
const service = createService(`localhost:${port}`);
service.listen(port, "localhost", () => {
  const { port: listening } = service.address() as AddressInfo;
  console.log(`http://localhost:${listening}/metrics`);
});
