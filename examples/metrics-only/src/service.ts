import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createMetrics, negotiate, ObjectCounts } from "@goverse/metrics";

/** Where an object may be. A service that does not shard has one place. */
const SHARDS = 1;

/**
 * A service with objects of its own kind (baskets in memory, no cluster) that measures them as GoVerse does: `POST /baskets/<id>/<item>`
 * puts something in, `DELETE /baskets/<id>` throws the basket away, `GET /metrics` is for Prometheus.
 */
export function createService(address: string): Server {
  const metrics = createMetrics({ node: address, role: "node", version: "1.0.0" });
  const methods = metrics.registerType("Basket", ["Add", "Remove"]);
  // Resolved once: a finished call is then a few additions.
  const [add, remove] = [methods.method("Add"), methods.method("Remove")];
  const counts = new ObjectCounts(SHARDS);
  const basketType = counts.typeIndex("Basket");
  metrics.observeObjects(counts);
  const baskets = new Map<string, string[]>();

  function handleAdd(id: string, item: string): number {
    const startMs = performance.now();
    if (!baskets.has(id)) {
      baskets.set(id, []);
      counts.activated(basketType, 0);
    }
    const ok = item !== "";
    if (ok) baskets.get(id)?.push(item);
    add.callFinished(ok, (performance.now() - startMs) / 1000);
    return ok ? 204 : 400;
  }

  function handleRemove(id: string): number {
    const ok = baskets.delete(id);
    if (ok) counts.deactivated(basketType, 0);
    remove.callFinished(ok, 0);
    return ok ? 204 : 404;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, root, id = "", item = ""] = (request.url ?? "").split("/");
    if (request.method === "GET" && root === "metrics") {
      const { contentType, chunks } = await metrics.expose(negotiate(request.headers.accept));
      response.setHeader("Content-Type", contentType).end(chunks.join(""));
      return;
    }
    if (root === "baskets" && request.method === "POST") response.statusCode = handleAdd(id, item);
    else if (root === "baskets" && request.method === "DELETE") response.statusCode = handleRemove(id);
    else response.statusCode = 404;
    response.end();
  }

  return createServer((request, response) => void handle(request, response));
}
