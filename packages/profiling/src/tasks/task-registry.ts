import type { Task, TaskSource } from "../ports.ts";

/** What is known of a task when it begins. */
export interface TaskStart {
  readonly kind: string;
  readonly name: string;
  /** Default `running`. */
  readonly state?: string | undefined;
  readonly labels?: Task["labels"];
}

/** A task that has begun; hand it back to `end`. */
export interface OpenTask extends Task {
  state: string;
}

/** How much a registry remembers of each task. */
export interface TaskRegistryOptions {
  /** Takes the stack of one beginning in so many; 0, the default, of none. A stack costs microseconds, so 100 is a good number. */
  readonly stackEvery?: number;
  /** Default: `performance.now()`, which is also the default clock of the profiling. */
  readonly monotonicMs?: () => number;
}

/** A service that begins more without ending any has a leak that is visible long before; the registry must not be a second one. */
const MAX_TASKS = 1_000_000;
/** Frames of a stack: who began the work is near. */
const STACK_FRAMES = 17;

/** A set of the work in flight, for a service that has no registry of its own. Begin and end cost well below a microsecond. */
export class TaskRegistry implements TaskSource {
  readonly #open = new Set<OpenTask>();
  readonly #stackEvery: number;
  readonly #monotonicMs: () => number;
  #begun = 0;

  constructor({ stackEvery = 0, monotonicMs = () => performance.now() }: TaskRegistryOptions = {}) {
    this.#stackEvery = stackEvery;
    this.#monotonicMs = monotonicMs;
  }

  /** Adds a task. Set its `state` when it changes, and `end` it in a `finally`. */
  begin({ kind, name, state = "running", labels }: TaskStart): OpenTask {
    this.#begun += 1;
    const isPicked = this.#stackEvery > 0 && this.#begun % this.#stackEvery === 0;
    const stack = isPicked ? captureStack() : undefined;
    const task: OpenTask = { kind, name, state, sinceMs: this.#monotonicMs(), labels, stack };
    if (this.#open.size < MAX_TASKS) this.#open.add(task);
    return task;
  }

  end(task: OpenTask): void {
    this.#open.delete(task);
  }

  /** Runs `work` as a task. */
  async run<T>(start: TaskStart, work: () => Promise<T>): Promise<T> {
    const task = this.begin(start);
    try {
      return await work();
    } finally {
      this.end(task);
    }
  }

  tasks(): Iterable<Task> {
    return this.#open;
  }
}

function captureStack(): string | undefined {
  const holder: { stack?: string } = {};
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_FRAMES;
  Error.captureStackTrace(holder, captureStack);
  Error.stackTraceLimit = before;
  // The first frame is the registry's own.
  return holder.stack?.replace(/\n.*/, "");
}
