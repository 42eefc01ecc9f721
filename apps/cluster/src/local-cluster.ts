import { GoverseError } from "@goverse/core";
import { startEmbeddedEtcd } from "@goverse/embedded-etcd";
import type { ProcessContext, RunningProgram } from "@goverse/host";
import { anyGone, launchers } from "./ancestors.ts";
import { banner, invitation } from "./banner.ts";
import { buildChatPage, chatObjects } from "./chat-page.ts";
import { type Child, startChild } from "./child.ts";
import type { ClusterOptions } from "./options.ts";
import { planCluster, type ProcessPlan } from "./plan.ts";
import { STOP_LIMIT_MS, Supervisor } from "./supervisor.ts";

/** Room for both kinds of process to use up their limit, and for the etcd and the page to go. */
const STOP_TIMEOUT_MS = 2 * STOP_LIMIT_MS + 2_000;

/** Starts everything that `pnpm dev` runs. */
export async function startLocalCluster(
  options: ClusterOptions,
  context: ProcessContext,
  say: (line: string) => void,
): Promise<RunningProgram> {
  context.configure({ stopTimeoutMs: STOP_TIMEOUT_MS });
  const embedded = options.etcd.length === 0;
  const [etcd, page] = await Promise.all([embedded ? startEmbeddedEtcd() : undefined, buildChatPage()]);
  const etcdAddress = etcd?.address ?? options.etcd.join(",");
  const plans = planCluster(options, { etcdAddress, objects: chatObjects, page: page.directory });
  say(banner(plans, etcdAddress, embedded));

  let fail = (_error: GoverseError): void => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  // Whoever started this ends it too, also by dying: nobody should have to look for left-over processes.
  const abandoned = anyGone(launchers());
  let traffic: Child | undefined;
  const supervisor = new Supervisor({
    say,
    onReady: (readyMs) => {
      say(invitation(plans, readyMs));
      if (options.traffic > 0) traffic = startTrafficProcess(plans, options.traffic, say);
    },
    onFailedStart: (plan) => fail(failedStart(plan)),
  });
  supervisor.start(plans);
  return {
    ended: Promise.race([failed, abandoned]),
    stop: async () => {
      traffic?.stop();
      await supervisor.stop();
      await Promise.all([etcd?.stop(), page.remove()]);
    },
  };
}

function failedStart({ role, address, portOptions }: ProcessPlan): GoverseError {
  return new GoverseError(
    "UNAVAILABLE",
    `the ${role} ${address} could not start, so the cluster ends; if a port is taken, choose others with ${portOptions}`,
  );
}

function startTrafficProcess(plans: readonly ProcessPlan[], rate: number, say: (line: string) => void): Child {
  const gates = plans.filter(({ role }) => role === "gate");
  const grpc = gates.map(({ address }) => address).join(",");
  const http = gates.map(({ httpAddress }) => `http://${httpAddress}`).join(",");
  return startChild("traffic", [grpc, http, String(rate)], {
    onLine: (line) => say(`traffic  ${line}`),
    onReport: () => say(`traffic  ${rate} calls a second`),
    onExit: ({ code }) => {
      if (code !== 0) say(`traffic  ended (exit code ${code ?? "?"}); nothing restarts it`);
    },
  });
}
