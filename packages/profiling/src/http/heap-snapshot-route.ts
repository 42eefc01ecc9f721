import { freemem } from "node:os";
import { getHeapSnapshot } from "node:v8";
import { sendError } from "./answers.ts";
import { isOn } from "./query.ts";
import type { PprofHandler } from "./request.ts";

/** Writing a snapshot was seen to take up to twelve times the heap in memory. */
const MEMORY_FACTOR = 12;

/** `heapsnapshot`: every object, for DevTools. Stops the process while it walks the heap; one at a time. */
export function createHeapSnapshotRoute(): PprofHandler {
  let isTaking = false;
  return ({ ctx, query }) => {
    if (isTaking) return sendError(ctx, 409, "a heap snapshot is being taken");
    const needed = process.memoryUsage().heapUsed * MEMORY_FACTOR;
    if (freemem() < needed && !isOn(query, "force")) {
      const text = `a heap snapshot may need ${needed} bytes of memory, ${freemem()} are free: add force=1 to take it anyway`;
      return sendError(ctx, 409, text);
    }
    isTaking = true;
    ctx.res.once("close", () => {
      isTaking = false;
    });
    ctx.status = 200;
    ctx.set("Content-Type", "application/octet-stream");
    ctx.set("Content-Disposition", 'attachment; filename="heap.heapsnapshot"');
    ctx.body = getHeapSnapshot();
  };
}
