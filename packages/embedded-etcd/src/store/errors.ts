/** gRPC status codes that etcd's errors carry. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;
const OUT_OF_RANGE = 11;
const RESOURCE_EXHAUSTED = 8;

/** Names of the errors the store and its server answer with. */
export type EtcdErrorName =
  | "emptyKey"
  | "keyNotFound"
  | "valueProvided"
  | "leaseProvided"
  | "tooManyOps"
  | "duplicateKey"
  | "requestTooLarge"
  | "compacted"
  | "futureRevision"
  | "leaseNotFound"
  | "leaseExists"
  | "leaseTtlTooLarge"
  | "tooManyRequests";

/** etcd's errors with their exact codes and texts: clients compare the texts. */
const TABLE: Readonly<Record<EtcdErrorName, readonly [code: number, text: string]>> = {
  emptyKey: [INVALID_ARGUMENT, "etcdserver: key is not provided"],
  keyNotFound: [INVALID_ARGUMENT, "etcdserver: key not found"],
  valueProvided: [INVALID_ARGUMENT, "etcdserver: value is provided"],
  leaseProvided: [INVALID_ARGUMENT, "etcdserver: lease is provided"],
  tooManyOps: [INVALID_ARGUMENT, "etcdserver: too many operations in txn request"],
  duplicateKey: [INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request"],
  requestTooLarge: [INVALID_ARGUMENT, "etcdserver: request is too large"],
  compacted: [OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted"],
  futureRevision: [OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision"],
  leaseNotFound: [NOT_FOUND, "etcdserver: requested lease not found"],
  leaseExists: [FAILED_PRECONDITION, "etcdserver: lease already exists"],
  leaseTtlTooLarge: [OUT_OF_RANGE, "etcdserver: too large lease TTL"],
  tooManyRequests: [RESOURCE_EXHAUSTED, "etcdserver: too many requests"],
};

/** An answer of etcd that is an error. `message` is etcd's text, `code` the gRPC status code. */
export class EtcdError extends Error {
  override readonly name: string = "EtcdError";
  readonly reason: EtcdErrorName;
  /** gRPC status code. */
  readonly code: number;

  constructor(reason: EtcdErrorName) {
    const [code, text] = TABLE[reason];
    super(text);
    this.reason = reason;
    this.code = code;
  }
}
