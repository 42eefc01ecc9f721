import type { Member } from "@goverse/consensus";
import type { ScrapeTargets } from "@goverse/host";

/** What Prometheus should scrape, from what each process tells of itself. Processes without a metrics port are left out. */
export function scrapeTargets(members: readonly Member[]): readonly ScrapeTargets[] {
  return members.flatMap(({ address, role, meta }) =>
    meta?.opsAddress === undefined
      ? []
      : [{ targets: [meta.opsAddress], labels: { goverse_role: role, goverse_node: address } }],
  );
}
