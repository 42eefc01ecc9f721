import type { ExpositionFormat } from "./text.ts";

/** Content types of the answers. Prometheus 3 refuses a scrape without a known one. */
export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Longest Accept header that is looked at. Real ones have about 250 characters. */
const MAX_ACCEPT_LENGTH = 4_096;

interface Offer {
  readonly format: ExpositionFormat;
  readonly quality: number;
}

/** The answer to a scraper's `Accept` header. */
export interface Negotiated {
  readonly format: ExpositionFormat;
  readonly contentType: string;
}

/**
 * Chooses the format: the accepted one with the highest quality, the first of equals, plain text when nothing fits (a person with
 * a browser or curl, or a scraper that sends no header).
 */
export function negotiate(accept: string | undefined): Negotiated {
  let best: Offer = { format: "text", quality: 0 };
  for (const part of (accept ?? "").slice(0, MAX_ACCEPT_LENGTH).split(",")) {
    const offer = parseOffer(part);
    if (offer !== undefined && offer.quality > best.quality) best = offer;
  }
  return { format: best.format, contentType: CONTENT_TYPES[best.format] };
}

function parseOffer(part: string): Offer | undefined {
  const [media = "", ...rest] = part.split(";").map((piece) => piece.trim().toLowerCase());
  const parameters = new Map(rest.map((piece) => piece.split("=", 2) as [string, string | undefined]));
  const format = formatOf(media, parameters.get("version"));
  const quality = Number(parameters.get("q") ?? "1");
  return format === undefined || !(quality > 0 && quality <= 1) ? undefined : { format, quality };
}

function formatOf(media: string, version: string | undefined): ExpositionFormat | undefined {
  if (media === "application/openmetrics-text") return (version ?? "1.0.0") === "1.0.0" ? "openmetrics" : undefined;
  if (media === "text/plain") return (version ?? "0.0.4") === "0.0.4" ? "text" : undefined;
  return media === "*/*" || media === "text/*" ? "text" : undefined;
}
