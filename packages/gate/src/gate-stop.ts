import type { Server as GrpcServer } from "@grpc/grpc-js";
import { type Clock, type Logger, sleep } from "@goverse/core";
import type { HttpServer, OpsServer } from "@goverse/host";
import { stopGrpcServer } from "@goverse/protocol/grpc";
import type { GateParts } from "./gate-parts.ts";

/** What there is to stop. Parts that were never started are absent. */
export interface GateStop {
  readonly parts: GateParts | undefined;
  readonly grpc: GrpcServer;
  readonly http: HttpServer | undefined;
  readonly ops: OpsServer | undefined;
  /** Longest time for everything, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Part of the time that requests under way get to be answered. The rest is for an etcd that does not answer, and for farewells. */
const DRAIN_SHARE = 0.4;
/** How long connections get to take their last answers, in milliseconds. */
const FAREWELL_MS = 500;

/**
 * Stops a gate in the order that hurts least: clients are sent away first, because they can go elsewhere at once; then requests under
 * way are answered; the registration ends when nothing is left to do; metrics can be scraped until the end. Never rejects.
 */
export async function stopGate({ parts, grpc, http, ops, timeoutMs, clock, logger }: GateStop): Promise<void> {
  const step = async (name: string, run: () => unknown): Promise<void> => {
    try {
      await run();
    } catch (error) {
      logger.error("a step of the stop failed", { step: name, error });
    }
  };
  const graceMs = timeoutMs * DRAIN_SHARE;
  parts?.clients.close("stopping");
  // From here on gRPC takes no new calls; those it has are the router's.
  const grpcStopped = stopGrpcServer(grpc, graceMs + FAREWELL_MS);
  if (parts !== undefined) {
    await step("answer requests", () => drain(parts, graceMs, clock, logger));
    await step("leave the cluster", () => parts.consensus.stop({ timeoutMs: timeoutMs - graceMs }));
    await step("disconnect from the nodes", () => {
      parts.streams.close();
      parts.peers.close();
    });
  }
  await step("close the gRPC port", () => grpcStopped);
  await step("close the HTTP port", () => http?.stop(FAREWELL_MS));
  await step("close the ops port", () => ops?.stop());
}

async function drain({ router }: GateParts, graceMs: number, clock: Clock, logger: Logger): Promise<void> {
  const drained = router.drain();
  await Promise.race([drained, sleep(clock, graceMs)]);
  if (router.inFlight === 0) return;
  logger.warn("requests were cut off by the stop", { count: router.inFlight });
  router.abandon();
  await Promise.race([drained, sleep(clock, FAREWELL_MS)]);
}
