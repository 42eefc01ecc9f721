/** Times that belong together. All in milliseconds. */
export interface Preset {
  /** Time to live of a process's lease in etcd: how long its shards stay dark after it was killed. */
  readonly leaseTtlMs: number;
  /** The leader plans the first time when no process came or went for this long, so that the first node does not take all shards. */
  readonly startQuietMs: number;
  /** How long one request to etcd may take. */
  readonly etcdTimeoutMs: number;
  /** How long a stop may take before the process ends anyway. */
  readonly stopTimeoutMs: number;
}

/** Names of the presets. */
export type PresetName = "local" | "production";

/** Chosen with `--preset`. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  // One machine, one developer, who kills processes and wants to see what happens.
  local: {
    // etcd grants nothing under 1.5 election timeouts, 2 s as it comes; 5 s survives a laptop that stutters.
    leaseTtlMs: 5_000,
    startQuietMs: 300,
    // A lease must survive two lost keepalives: TTL / 3, rounded up.
    etcdTimeoutMs: 2_000,
    // Nobody waits longer for Ctrl-C.
    stopTimeoutMs: 5_000,
  },
  production: {
    // Longer than a pause for garbage collection, a restart of etcd's leader (1–3 s) and a stalled disk; short enough to fail over.
    leaseTtlMs: 10_000,
    startQuietMs: 300,
    // TTL / 3, rounded down to whole seconds.
    etcdTimeoutMs: 3_000,
    // Docker kills after 10 s, Kubernetes after 30 s: a second of margin for the stricter one.
    stopTimeoutMs: 9_000,
  },
};
