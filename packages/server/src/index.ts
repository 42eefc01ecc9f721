export { SERVER_VERSION } from "./options.ts";
export type { ResolvedServerOptions, ServerOptions } from "./options.ts";
export { Server } from "./server.ts";
