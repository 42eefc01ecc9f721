import type { Etcd3 } from "etcd3";

/** The library's raw watch calls. */
export type WatchClient = Etcd3["watchClient"];
/** The library's raw lease calls. */
export type LeaseClient = Etcd3["leaseClient"];
/** Options of one call. */
export type CallOptions = NonNullable<Parameters<WatchClient["watch"]>[0]>;
/** Something that sees every call before it leaves. */
export type Interceptor = NonNullable<CallOptions["interceptors"]>[number];
