/*
 * Every label set is bounded. What is over a bound is refused and counted in `goverse_metrics_series_refused_total`.
 */

/** (type, shard) pairs: ten types spread over all 8192 shards, which is the largest scrape that was measured to be cheap, and some room. */
export const MAX_OBJECT_SERIES = 100_000;

/** (type, method, status): 5,000 methods. More is a mistake in how methods are named; each costs eight lines per scrape. */
export const MAX_METHOD_SERIES = 10_000;

/** Nodes one process has ever seen. A cluster is tens of nodes; addresses that change on every restart must not grow for ever. */
export const MAX_PEER_SERIES = 1_000;

/** (type, reason) pairs. */
export const MAX_TYPE_REASON_SERIES = 2_000;

/** Labels whose values come from a list in the source: reasons, client types, metric names. */
export const MAX_SMALL_SERIES = 100;

/** How long a shard whose last object went is still exported, as 0: two scrapes at the usual interval of 15–30 s see it. */
export const ZERO_RETENTION_MS = 60_000;

/** Lines between two pauses of a scrape: about 1 ms of work, so that calls are not kept waiting. */
export const LINES_PER_CHUNK = 2_000;

/** How long a collector that answers with a promise may take. Prometheus gives up on a scrape after 10 s. */
export const COLLECT_TIMEOUT_MS = 5_000;
