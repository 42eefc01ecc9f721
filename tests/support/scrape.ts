/** One sample of a scrape. */
export interface ScrapedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Fetches and reads `http://<address>/metrics`. */
export async function scrape(address: string): Promise<readonly ScrapedSample[]> {
  return parseSamples(await scrapeText(address));
}

/** The text of `http://<address>/metrics`. */
export async function scrapeText(address: string): Promise<string> {
  const response = await fetch(`http://${address}/metrics`);
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return response.text();
}

/** Reads the samples of the text format. */
export function parseSamples(text: string): readonly ScrapedSample[] {
  return text.split("\n").flatMap((line) => {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match === null) return [];
    const [, name = "", labels = "", value = ""] = match;
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", text = ""]) => [key, text]);
    return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
  });
}

/** Sum of the samples of `name` whose labels include `labels`. */
export function sum(
  samples: readonly ScrapedSample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return samples
    .filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    .reduce((total, sample) => total + sample.value, 0);
}

/** Sum over several processes; one that does not answer counts as absent. */
export async function sumOver(
  addresses: readonly string[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const scrapes = await Promise.all(addresses.map((address) => scrape(address).catch(() => [])));
  return sum(scrapes.flat(), name, labels);
}
