import type { Task, TaskSource } from "@goverse/profiling";
import type { Server } from "@goverse/server";

/** The turns of a node as work in flight. There are none before it has started. */
export function turnTasks(server: () => Server | undefined): TaskSource {
  return { tasks: () => tasksOf(server()) };
}

function* tasksOf(server: Server | undefined): Iterable<Task> {
  if (server === undefined) return;
  for (const { type, method, running, sinceMs } of server.node.turns()) {
    const state = running ? "running" : "queued";
    yield { kind: "object turns", name: `${type}.${method}`, state, sinceMs, labels: { object_type: type } };
  }
}
