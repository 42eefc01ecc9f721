/**
 * How a caller says that it does not want an answer any more: the part of `AbortSignal` that is needed to hear it. A transport makes
 * something much cheaper of it for each call; `AbortSignal` itself will do, too.
 */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
