// The traffic of `pnpm dev --traffic`, in a process of its own so that it does not slow the cluster it measures.
import { startTraffic } from "./traffic.ts";

const [grpc = "", http = "", rate = "0"] = process.argv.slice(2);
/** How often the figures are printed, in milliseconds. */
const REPORT_EVERY_MS = 30_000;

const traffic = await startTraffic({ grpc: grpc.split(","), http: http.split(",") }, Number(rate));
process.send?.({ type: "ready" });

const report = setInterval(() => {
  const { sent, failedOnPurpose, failedOtherwise } = traffic.counts();
  console.error(`${sent} calls sent, ${failedOnPurpose} failed on purpose, ${failedOtherwise} otherwise`);
}, REPORT_EVERY_MS);

async function stop(): Promise<void> {
  clearInterval(report);
  await traffic.stop();
  process.exit(0);
}
process.once("SIGTERM", () => void stop());
process.once("disconnect", () => void stop());
