import { createClient } from "../../src/index.ts";
import { Room } from "./chat.ts";

// A program that has nothing but a client whose gate is away: it must live until its call has failed.
const client = createClient({ gates: [process.argv[2] ?? ""] });
const outcome = await client
  .object(Room, "a")
  .Clear({ timeoutMs: 300 })
  .then(
    () => "succeeded",
    (error: unknown) => (error as { code: string }).code,
  );
console.log(outcome);
// And it must end by itself afterwards, connection attempts included.
client.connect().catch(() => {});
await client.close();
