import { DEFAULT_SHARD_COUNT } from "@goverse/core";
import type { LogLevel } from "./logger.ts";
import {
  choiceOption,
  integerOption,
  listOption,
  type OptionSpec,
  secretOption,
  switchOption,
  textOption,
} from "./option.ts";
import type { PresetName } from "./presets.ts";

/** Most shards a cluster may have: each is a key in etcd, and a slot per object type in every node. */
const MAX_SHARDS = 65_536;

/** Options that every program of a cluster has; each adds its own. */
export type SharedOptions = {
  readonly etcd: OptionSpec<readonly string[]>;
  readonly etcdPrefix: OptionSpec<string>;
  readonly shards: OptionSpec<number>;
  readonly preset: OptionSpec<PresetName>;
  readonly opsToken: OptionSpec<string | undefined>;
  readonly logLevel: OptionSpec<LogLevel>;
  readonly logJson: OptionSpec<boolean>;
};

/** The table of {@link SharedOptions}: spread it into the table of a program. */
export const SHARED_OPTIONS: SharedOptions = {
  etcd: listOption({
    placeholder: "host:port,…",
    default: ["localhost:2379"],
    help: "Endpoints of the etcd cluster, all of them",
    aliases: ["etcd-address"],
  }),
  etcdPrefix: textOption({
    placeholder: "/path",
    default: "/goverse",
    help: "Keys of this cluster in etcd begin with this; clusters that share an etcd need different ones",
  }),
  shards: integerOption({
    min: 1,
    max: MAX_SHARDS,
    default: DEFAULT_SHARD_COUNT,
    help: "Shards of the cluster; the same in every process, and never changed",
  }),
  preset: choiceOption({
    choices: ["local", "production"],
    default: "local",
    help: "Times that belong together: leases, timeouts, stops",
  }),
  opsToken: secretOption({
    help: "Bearer token for /metrics and /sd, and for peers of other machines on /debug and /admin",
  }),
  logLevel: choiceOption({
    choices: ["debug", "info", "warn", "error", "silent"],
    default: "info",
    help: "From which severity on messages are logged",
  }),
  logJson: switchOption({ help: "Log one JSON object per line, for machines" }),
};
