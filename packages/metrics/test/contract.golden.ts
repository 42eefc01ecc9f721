/** The nine metrics as the published Prometheus integration document states them. Not to be edited to make a test pass. */
export const PUBLISHED: readonly object[] = [
  {
    signature: "goverse_objects_total{node, type, shard}",
    type: "gauge",
    help: "Total number of distributed objects in the cluster",
  },
  {
    signature: "goverse_method_calls_total{node, object_type, method_name, status}",
    type: "counter",
    help: "Total number of method calls on distributed objects",
  },
  {
    signature: "goverse_method_call_duration{node, object_type, method_name, status}",
    type: "histogram",
    help: "Duration of method calls on distributed objects in seconds",
    buckets: [0.001, 0.01, 0.1, 1, 10],
  },
  {
    signature: "goverse_shards_total{node}",
    type: "gauge",
    help: "Total number of shards assigned to each node",
  },
  {
    signature: "goverse_shard_claims_total{node}",
    type: "counter",
    help: "Total number of shard ownership claims by node",
  },
  {
    signature: "goverse_shard_releases_total{node}",
    type: "counter",
    help: "Total number of shard ownership releases by node",
  },
  {
    signature: "goverse_shard_migrations_total{from_node, to_node}",
    type: "counter",
    help: "Total number of completed shard migrations (ownership transfers between nodes)",
  },
  {
    signature: "goverse_shards_migrating",
    type: "gauge",
    help: "Number of shards currently in migration state (TargetNode != CurrentNode)",
  },
  {
    signature: "goverse_clients_connected{node, client_type}",
    type: "gauge",
    help: "Number of active client connections in the cluster",
  },
];

/** The document's example for one method, with its numbers: how a histogram is to be printed. */
export const PUBLISHED_HISTOGRAM: string = `# HELP goverse_method_call_duration Duration of method calls on distributed objects in seconds
# TYPE goverse_method_call_duration histogram
goverse_method_call_duration_bucket{node="localhost:47000",object_type="ChatRoom",method_name="SendMessage",status="success",le="0.001"} 1
goverse_method_call_duration_bucket{node="localhost:47000",object_type="ChatRoom",method_name="SendMessage",status="success",le="0.01"} 3
goverse_method_call_duration_bucket{node="localhost:47000",object_type="ChatRoom",method_name="SendMessage",status="success",le="0.1"} 4
goverse_method_call_duration_bucket{node="localhost:47000",object_type="ChatRoom",method_name="SendMessage",status="success",le="1"} 5
goverse_method_call_duration_bucket{node="localhost:47000",object_type="ChatRoom",method_name="SendMessage",status="success",le="10"} 6
goverse_method_call_duration_bucket{node="localhost:47000",object_type="ChatRoom",method_name="SendMessage",status="success",le="+Inf"} 7
goverse_method_call_duration_sum{node="localhost:47000",object_type="ChatRoom",method_name="SendMessage",status="success"} 21.25
goverse_method_call_duration_count{node="localhost:47000",object_type="ChatRoom",method_name="SendMessage",status="success"} 7
`;
