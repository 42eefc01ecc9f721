import { describe, expect, it } from "vitest";
import {
  choiceOption,
  documentOptions,
  HelpRequested,
  integerOption,
  listenOption,
  listOption,
  optionalListenOption,
  optionalTextOption,
  resolveOptions,
  type ResolvedOptions,
  SHARED_OPTIONS,
  switchOption,
  textOption,
  UsageError,
} from "../src/index.ts";

const table = {
  ...SHARED_OPTIONS,
  listen: listenOption({ default: "localhost:48000", help: "Where other processes call" }),
  metricsListen: optionalListenOption({ help: "Ops routes", aliases: ["http-listen"] }),
  objects: listOption({ placeholder: "file", default: [], help: "Modules" }),
  serveClients: switchOption({ help: "Serve clients here" }),
  advertise: optionalTextOption({ placeholder: "host:port", help: "What others call" }),
};
const program = { name: "goverse-node", summary: "Hosts objects.", version: "1.2.3" };

function resolve(argv: readonly string[], env: Record<string, string> = {}): ResolvedOptions<typeof table> {
  return resolveOptions({ program, table, argv, env });
}

function complaint(argv: readonly string[], env: Record<string, string> = {}): string {
  try {
    resolve(argv, env);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "no complaint";
}

describe("options", () => {
  it("have defaults", () => {
    expect(resolve([])).toEqual({
      etcd: ["localhost:2379"],
      etcdPrefix: "/goverse",
      shards: 8_192,
      preset: "local",
      opsToken: undefined,
      logLevel: "info",
      logJson: false,
      listen: { host: "localhost", port: 48_000 },
      metricsListen: undefined,
      objects: [],
      serveClients: false,
      advertise: undefined,
    });
  });

  it("come from the flag before the environment before the default", () => {
    const env = {
      GOVERSE_SHARDS: "64",
      GOVERSE_ETCD: "a:1,b:2",
      GOVERSE_OPS_TOKEN: "t",
      GOVERSE_LOG_JSON: "1",
      GOVERSE_PRESET: "",
    };
    expect(resolve(["--shards=128"], env)).toMatchObject({
      shards: 128,
      etcd: ["a:1", "b:2"],
      opsToken: "t",
      logJson: true,
      preset: "local",
    });
  });

  it.each([
    [["-http-listen=:8080"]],
    [["--http-listen=:8080"]],
    [["-metrics-listen", ":8080"]],
    [["--metrics-listen", ":8080"]],
  ])("take one dash or two, = or a space, and aliases: %j", (argv) => {
    expect(resolve(argv).metricsListen).toEqual({ host: undefined, port: 8_080 });
  });

  it("leave values alone that look like flags", () => {
    expect(resolve(["--advertise", "-odd"]).advertise).toBe("-odd");
    expect(resolve(["--advertise=--odd=1"]).advertise).toBe("--odd=1");
  });

  it("switch on and off", () => {
    expect(resolve(["--serve-clients"]).serveClients).toBe(true);
    expect(resolve(["-serve-clients=true"]).serveClients).toBe(true);
    expect(resolve(["--serve-clients=false"], { GOVERSE_SERVE_CLIENTS: "true" }).serveClients).toBe(false);
  });

  it("collect lists by commas and by repetition; of single values the last counts", () => {
    expect(resolve(["--objects=a.js, b.js", "--objects", "c.js"]).objects).toEqual(["a.js", "b.js", "c.js"]);
    expect(resolve(["--shards=1", "--shards=2"]).shards).toBe(2);
  });

  it.each([
    [["--shard=3"], "unknown option '--shard' (Did you mean --shards?)"],
    [["--metrics-lissten=localhost:9090"], "unknown option '--metrics-lissten' (Did you mean --metrics-listen?)"],
    [["-metric-listen", ":1"], "unknown option '--metric-listen' (Did you mean --metrics-listen?)"],
    [["--zzz"], "unknown option '--zzz' (see --help)"],
    [["--shards"], "option '--shards <number>' argument missing (see --help)"],
    [["extra"], 'unexpected argument "extra": every option has a name (see --help)'],
    [["--serve-clients", "extra"], 'unexpected argument "extra": every option has a name (see --help)'],
    [["--shards=many"], '--shards "many" is not valid: give a whole number from 1 to 65536'],
    [["--shards=0"], '--shards "0" is not valid: give a whole number from 1 to 65536'],
    [["--shards=1e3"], '--shards "1e3" is not valid: give a whole number from 1 to 65536'],
    [["--preset=prod"], '--preset "prod" is not valid: give local or production'],
    [["--serve-clients=maybe"], '--serve-clients "maybe" is not valid: give true or false'],
    [["--etcd=a:1,,b:2"], '--etcd "a:1,,b:2" is not valid: an item of the list is empty'],
    [["--etcd-prefix="], '--etcd-prefix "" is not valid: it is empty'],
    [
      ["--ops-token=x"],
      "--ops-token would show the secret in lists of processes: set its variable instead (see --help)",
    ],
  ])("are refused with the reason: %j", (argv, message) => {
    expect(complaint(argv)).toBe(message);
  });

  it("are refused by the name of their variable when it is wrong", () => {
    expect(complaint([], { GOVERSE_SHARDS: "x" })).toBe(
      'GOVERSE_SHARDS "x" is not valid: give a whole number from 1 to 65536',
    );
    expect(complaint([], { GOVERSE_METRICS_LISTEN: "nowhere" })).toMatch(
      /^GOVERSE_METRICS_LISTEN "nowhere" is not valid: write host:port/,
    );
  });

  it.each(["--help", "-h", "-help"])("are listed by %s with default, variable and aliases", (flag) => {
    expect.assertions(4);
    try {
      resolve([flag, "--shards=x"]);
    } catch (error) {
      const text = (error as HelpRequested).text.replaceAll(/\s+/g, " ");
      expect(error).toBeInstanceOf(HelpRequested);
      expect(text).toContain("--metrics-listen <host:port> Ops routes (GOVERSE_METRICS_LISTEN; also --http-listen)");
      expect(text).toContain("(default 8192; GOVERSE_SHARDS)");
      expect(text).toMatch(/From the environment only: GOVERSE_OPS_TOKEN/);
    }
  });

  it("tell the version", () => {
    expect(() => resolve(["--version"])).toThrow(expect.objectContaining({ text: "1.2.3\n" }));
  });

  it("are a table from which a page can be made", () => {
    const [etcd] = documentOptions(table);
    expect(etcd).toEqual({
      flags: ["--etcd", "--etcd-address"],
      variable: "GOVERSE_ETCD",
      placeholder: "host:port,…",
      defaultText: "localhost:2379",
      help: "Endpoints of the etcd cluster, all of them",
    });
    expect(documentOptions(table).find(({ variable }) => variable === "GOVERSE_OPS_TOKEN")?.flags).toEqual([]);
  });

  it("keep their types", () => {
    const options = resolve([]);
    const preset: "local" | "production" = options.preset;
    const shards: number = options.shards;
    const advertise: string | undefined = options.advertise;
    // @ts-expect-error it may be absent
    const wrong: string = options.advertise;
    expect([preset, shards, advertise, wrong]).toEqual(["local", 8_192, undefined, undefined]);
    // @ts-expect-error not one of the choices
    choiceOption({ choices: ["a", "b"], default: "c", help: "" });
    expect(textOption({ placeholder: "x", default: "y", help: "" }).defaultValue).toBe("y");
    expect(integerOption({ min: -5, max: 5, default: 0, help: "" }).parse("-3", "x")).toBe(-3);
  });
});
