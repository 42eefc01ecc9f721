// `pnpm check`: exactly what CI checks, one stage after the other, with the time each took.
// `--except test,audit` leaves stages out; naming stages (`pnpm check lint knip`) runs only those.
import { parseArgs } from "node:util";
import { elapsed, run } from "./run.ts";

interface Stage {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const script = (name: string): readonly [string, ...string[]] => ["node", "--import", "tsx", `scripts/${name}.ts`];

const stages: readonly Stage[] = [
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "lint", command: ["oxlint"] },
  { name: "typecheck", command: ["pnpm", "run", "typecheck"] },
  { name: "knip", command: ["knip"] },
  { name: "build", command: ["pnpm", "run", "build"] },
  { name: "publint", command: [...script("check-packed"), "publint"] },
  { name: "attw", command: [...script("check-packed"), "attw"] },
  { name: "test", command: ["pnpm", "run", "test"] },
  { name: "audit", command: script("audit") },
];

/** The stages a command line asks for. Throws, naming the stages there are, on a name that is none. */
function chooseStages(args: readonly string[]): readonly Stage[] {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { except: { type: "string", default: "" } },
    allowPositionals: true,
  });
  const except = values.except.split(",").filter((name) => name !== "");
  for (const name of [...except, ...positionals]) {
    if (!stages.some((stage) => stage.name === name)) {
      throw new Error(`no stage is called "${name}": the stages are ${stages.map((stage) => stage.name).join(", ")}`);
    }
  }
  return stages.filter(
    ({ name }) => !except.includes(name) && (positionals.length === 0 || positionals.includes(name)),
  );
}

const summary: string[] = [];
for (const { name, command } of chooseStages(process.argv.slice(2))) {
  console.log(`\n== ${name}`);
  const startedAtMs = performance.now();
  const [program, ...args] = command;
  const { status } = await run(program, args);
  summary.push(`${status === 0 ? "ok    " : "FAILED"} ${name.padEnd(10)} ${elapsed(startedAtMs)}`);
  // Later stages run all the same: one run shows everything there is to mend.
  if (status !== 0) process.exitCode = 1;
}
console.log(`\n${summary.join("\n")}`);
