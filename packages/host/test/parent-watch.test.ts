import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchParent } from "../src/parent-watch.ts";

class FakeChild extends EventEmitter {
  connected = false;
  /** What the system answers when the parent is looked for. */
  error: string | undefined;
  looked = 0;

  kill(pid: number): void {
    this.looked += 1;
    expect(pid).toBe(4_711);
    if (this.error !== undefined) throw Object.assign(new Error(this.error), { code: this.error });
  }
}

describe("watching the parent", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("looks for its id every second and reports its end once", () => {
    const child = new FakeChild();
    const onGone = vi.fn<() => void>();
    watchParent(child, "4711", onGone);
    vi.advanceTimersByTime(3_000);
    expect([child.looked, onGone.mock.calls.length]).toEqual([3, 0]);
    child.error = "ESRCH";
    vi.advanceTimersByTime(5_000);
    expect([child.looked, onGone.mock.calls.length]).toEqual([4, 1]);
  });

  it("knows that another user's process exists", () => {
    const child = new FakeChild();
    child.error = "EPERM";
    const onGone = vi.fn<() => void>();
    watchParent(child, "4711", onGone);
    vi.advanceTimersByTime(5_000);
    expect(onGone).not.toHaveBeenCalled();
  });

  it("stops when it is told to, channel and id alike", () => {
    const child = new FakeChild();
    child.connected = true;
    const onGone = vi.fn<() => void>();
    const stop = watchParent(child, "4711", onGone);
    stop();
    child.error = "ESRCH";
    child.emit("disconnect");
    vi.advanceTimersByTime(5_000);
    expect(onGone).not.toHaveBeenCalled();
  });

  it.each([undefined, "", "0", "1", "-5", "x"])("does nothing without an id that makes sense (%s)", (pid) => {
    const child = new FakeChild();
    watchParent(child, pid, vi.fn<() => void>());
    vi.advanceTimersByTime(5_000);
    expect(child.looked).toBe(0);
    expect(child.listenerCount("disconnect")).toBe(0);
  });
});
