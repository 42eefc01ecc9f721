import { describe, expect, it } from "vitest";
import { PRESETS } from "../src/index.ts";

describe.each(Object.entries(PRESETS))("the preset %s", (_, preset) => {
  it("lets a lease survive two lost keepalives", () => {
    expect(preset.etcdTimeoutMs * 3).toBeLessThanOrEqual(preset.leaseTtlMs * 1.2);
  });

  it("gives etcd whole seconds", () => {
    expect(preset.leaseTtlMs % 1_000).toBe(0);
  });

  it("ends before Docker kills", () => {
    expect(preset.stopTimeoutMs).toBeLessThan(10_000);
  });
});
