import { type ChildProcess, spawn } from "node:child_process";

/**
 * Ends the process `pid` when this one ends without doing so. A test worker that is killed runs no handlers of its own, but its end of
 * the pipe closes, and that ends the shell's `read`. Kill the watchdog first, so that it never signals a number that has been given
 * to another process.
 */
export function startWatchdog(pid: number): ChildProcess {
  return spawn("/bin/sh", ["-c", 'read -r _; kill -9 "$1"', "watchdog", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
}
