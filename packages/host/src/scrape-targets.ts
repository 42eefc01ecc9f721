import type { ScrapeTargets } from "./ops-router.ts";

/** What a process of the cluster tells of itself, as far as Prometheus is concerned. */
export interface ScrapedMember {
  readonly address: string;
  readonly role: string;
  readonly meta: { readonly opsAddress?: string | undefined } | undefined;
}

/** What Prometheus should scrape: all members that have a metrics port. Those that said nothing (yet) are left out. */
export function scrapeTargets(members: readonly ScrapedMember[]): readonly ScrapeTargets[] {
  return members.flatMap(({ address, role, meta }) =>
    meta?.opsAddress === undefined
      ? []
      : [{ targets: [meta.opsAddress], labels: { goverse_role: role, goverse_node: address } }],
  );
}
