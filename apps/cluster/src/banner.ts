import type { ProcessPlan } from "./plan.ts";

/** What is where, in a few lines. Pure. */
export function banner(plans: readonly ProcessPlan[], etcdAddress: string, etcdIsEmbedded: boolean): string {
  const lines = plans.map((plan) => {
    const http =
      plan.role === "node" ? `metrics http://${plan.httpAddress}/metrics` : `http    http://${plan.httpAddress}`;
    return `  ${plan.role}  ${plan.address.padEnd(16)}  ${http}`;
  });
  const etcd = etcdIsEmbedded ? `${etcdAddress}  embedded: in memory, not durable, not replicated` : etcdAddress;
  return [`GoVerse local cluster`, `  etcd  ${etcd}`, ...lines].join("\n");
}

/** What a newcomer does next, once everything is ready. Pure. */
export function invitation(plans: readonly ProcessPlan[], readyMs: number): string {
  const gate = plans.find((plan) => plan.role === "gate");
  if (gate === undefined) return `ready (${seconds(readyMs)} after the last node listened)`;
  const call = `http://${gate.httpAddress}/api/v1/call/ChatRoom/general/SendMessage`;
  return [
    `ready (${seconds(readyMs)} after the last node listened)`,
    `  chat  http://${gate.httpAddress}/            open it twice`,
    `  call  curl --json '{"from":"curl","text":"hello"}' ${call}`,
    `  end   Ctrl-C`,
  ].join("\n");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
