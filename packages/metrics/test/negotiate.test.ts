import { describe, expect, it } from "vitest";
import { negotiate } from "../src/index.ts";

const PROMETHEUS_2_42 =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3_5 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5," +
  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

describe("content negotiation", () => {
  it.each([
    ["no header", undefined, "text"],
    ["an empty header", "", "text"],
    ["curl", "*/*", "text"],
    ["a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text"],
    ["Prometheus 2.42", PROMETHEUS_2_42, "openmetrics"],
    ["Prometheus 3.5", PROMETHEUS_3_5, "openmetrics"],
    ["a preference for text", "application/openmetrics-text;q=0.5, text/plain;version=0.0.4", "text"],
    ["text first among equals", "text/plain, application/openmetrics-text", "text"],
    ["OpenMetrics first among equals", "application/openmetrics-text, text/plain", "openmetrics"],
    ["OpenMetrics without a version", "application/openmetrics-text", "openmetrics"],
    ["a version we do not speak", "application/openmetrics-text;version=2.0.0", "text"],
    ["a refusal", "application/openmetrics-text;q=0, */*;q=0.1", "text"],
    ["other capitals and spaces", " Application/OpenMetrics-Text ; Version=1.0.0 ", "openmetrics"],
    ["nonsense", ";;;,,q=,=;q=x", "text"],
  ])("answers %s", (_, accept, format) => {
    expect(negotiate(accept).format).toBe(format);
  });

  it("names the content types that Prometheus 3 insists on", () => {
    expect(negotiate("*/*").contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(negotiate("application/openmetrics-text").contentType).toBe(
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    );
  });
});
