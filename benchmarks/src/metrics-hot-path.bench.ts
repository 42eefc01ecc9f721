import { createMetrics } from "@goverse/metrics";
import { Counter, Histogram, Registry } from "prom-client";
import { measure } from "./rounds.ts";
import type { Benchmark, Row } from "./suite/benchmark.ts";

const BATCH = 1000;
const ROUNDS = { rounds: 9, operationsPerRound: 300, perOperation: BATCH };
const SECONDS = 0.0004;

async function run(): Promise<readonly Row[]> {
  const own = createMetrics({ node: "localhost:47000", role: "node" }).registerType("ChatRoom", ["SendMessage"]);
  const method = own.method("SendMessage");
  const registers = [new Registry()];
  const labels = { node: "localhost:47000", object_type: "ChatRoom", method_name: "SendMessage", status: "success" };
  const labelNames = Object.keys(labels);
  const counter = new Counter({ name: "calls_total", help: "Calls", labelNames, registers });
  const buckets = [0.001, 0.01, 0.1, 1, 10];
  const histogram = new Histogram({ name: "duration", help: "Duration", labelNames, buckets, registers });
  const batch = (record: () => void) => async () => {
    for (let i = 0; i < BATCH; i += 1) record();
  };
  return measure(
    [
      {
        name: "prom-client: counter.inc(labels) and histogram.observe(labels)",
        run: batch(() => {
          counter.inc(labels);
          histogram.observe(labels, SECONDS);
        }),
      },
      { name: "the same two by callFinished()", run: batch(() => method.callFinished(true, SECONDS)) },
      {
        name: "callFinished() and queueWaited(), as every call records",
        run: batch(() => {
          method.queueWaited(0);
          method.callFinished(true, SECONDS);
        }),
      },
    ],
    ROUNDS,
  );
}

/** What it costs to record a call. */
export const benchmark: Benchmark = {
  title: "Recording a call in the metrics",
  about: "A counter and a histogram with four labels each. CPU time for each call recorded.",
  boundBy:
    "the search for the bucket and two additions to numbers; prom-client checks the labels and joins them to a key each time",
  run,
};
