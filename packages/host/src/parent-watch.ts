/** How often the parent is looked for. It costs one system call. */
const CHECK_INTERVAL_MS = 1_000;

/** The parts of `process` that are needed to notice the end of the parent. */
export interface ChildSide {
  readonly connected: boolean;
  once(event: "disconnect", listener: () => void): unknown;
  kill(pid: number, signal: 0): unknown;
}

/**
 * Calls `onGone` once when the process that started this one is gone: its IPC channel closed, or its id (`GOVERSE_PARENT_PID`) no
 * longer exists. Without channel and id nothing is watched. A child must not outlive a terminal that was closed.
 * @returns The way to stop watching.
 */
export function watchParent(child: ChildSide, parentPid: string | undefined, onGone: () => void): () => void {
  let watching = true;
  const gone = (): void => {
    if (!watching) return;
    stop();
    onGone();
  };
  if (child.connected) child.once("disconnect", gone);
  const pid = Number(parentPid);
  const timer =
    Number.isInteger(pid) && pid > 1
      ? setInterval(() => processExists(pid, child) || gone(), CHECK_INTERVAL_MS)
      : undefined;
  timer?.unref();
  function stop(): void {
    watching = false;
    clearInterval(timer);
  }
  return stop;
}

/** Whether a process of this id exists. */
export function processExists(pid: number, child: Pick<ChildSide, "kill"> = process): boolean {
  try {
    child.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process exists too; we just may not signal it.
    return (error as { code?: unknown }).code === "EPERM";
  }
}
