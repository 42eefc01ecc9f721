import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { fromSource, type Program, ROOT, startProgram } from "../support/program.ts";

/** The service of this suite in a process of its own. */
export interface ProfiledService {
  readonly program: Program;
  /** `http://127.0.0.1:1234` */
  readonly url: string;
  /** Path of the profiles. */
  readonly pprof: string;
  /** Asks the service to do something: `ask("leak", 1000)`. */
  ask(action: string, value?: number): Promise<unknown>;
  /** Asks again and again until the returned function is called, which resolves when the last is answered. */
  keepAsking(action: string, value: number): () => Promise<void>;
}

const entry = fileURLToPath(new URL("./service/main.ts", import.meta.url));

/** Starts `main.ts` by tsx, or what `args` say. */
export async function startService(
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = ["--expose-gc", ...fromSource(relative(ROOT, entry))],
): Promise<ProfiledService> {
  const program = startProgram(args, env);
  const [, port = ""] = await program.waitFor(/listening on (\d+)/);
  const url = `http://127.0.0.1:${port}`;
  const ask = async (action: string, value = 0): Promise<unknown> =>
    (await fetch(`${url}/${action}?n=${value}`)).json();
  return {
    program,
    url,
    pprof: `${url}/debug/pprof`,
    ask,
    keepAsking: (action, value) => {
      let isOver = false;
      const asking = (async () => {
        while (!isOver) await ask(action, value);
      })();
      return async () => {
        isOver = true;
        await asking;
      };
    },
  };
}
