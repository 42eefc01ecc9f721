import { addService, bind, createGrpcServer } from "../../src/grpc.ts";
import { Goverse } from "../../src/index.ts";

// A node that answers `Echo` and never answers `Hang`. It prints its port, and then a line for each `Hang` that begins.
const server = createGrpcServer();
addService(
  server,
  Goverse,
  {
    callObject: async ({ method, request }) => {
      if (method === "Hang") {
        process.stdout.write("hang\n");
        await new Promise(() => {});
      }
      return request === undefined ? {} : { response: request };
    },
  },
  { onInternalError: (error) => process.stderr.write(`${String(error)}\n`) },
);
const port = await bind(server, `127.0.0.1:${process.argv[2] ?? "0"}`);
process.stdout.write(`${port}\n`);
