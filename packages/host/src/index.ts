export { hasToken, isLoopback, requireLoopbackOrToken, requireToken } from "./authorization.ts";
export { HttpServer, type HttpServerOptions, type RequestHandler } from "./http-server.ts";
export { jsonErrors } from "./json-errors.ts";
export { formatListenAddress, type ListenAddress, parseListenAddress } from "./listen-address.ts";
export { listenError } from "./listen-error.ts";
export { createLogger, type LoggerOptions, type LogLevel } from "./logger.ts";
export {
  choiceOption,
  integerOption,
  listenOption,
  listOption,
  optionalListenOption,
  optionalTextOption,
  type OptionSpec,
  type OptionTable,
  type OptionText,
  type ParseOption,
  type ResolvedOptions,
  secretOption,
  switchOption,
  textOption,
} from "./option.ts";
export { type DocumentedOption, documentOptions, flagName, variableName } from "./option-names.ts";
export { checkCount, checkEtcdPrefix, parseEndpoints, resolveTimes } from "./member-options.ts";
export { Milestone } from "./milestone.ts";
export { createOpsRouter, type OpsRoutes, type Readiness, type ScrapeTargets } from "./ops-router.ts";
export { createHttpApp, OpsServer, type OpsServerOptions } from "./ops-server.ts";
export { processExists } from "./parent-watch.ts";
export { type Preset, type PresetName, PRESETS } from "./presets.ts";
export { hostOf, reachableAddress } from "./reachable-address.ts";
export { ReadinessWatch } from "./readiness-watch.ts";
export { type Program, type ResolveInput, resolveOptions } from "./resolve-options.ts";
export {
  EXIT_STATUS,
  type ProcessContext,
  type ProcessSettings,
  runProcess,
  type RunningProgram,
} from "./run-process.ts";
export { type ScrapedMember, scrapeTargets } from "./scrape-targets.ts";
export { SHARED_OPTIONS, type SharedOptions } from "./shared-options.ts";
export { HelpRequested, orUsageError, UsageError } from "./usage-error.ts";
