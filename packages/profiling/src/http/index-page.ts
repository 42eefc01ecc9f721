/** One line of the index page. */
export interface IndexEntry {
  readonly name: string;
  readonly description: string;
  readonly count: number | undefined;
  /** Where the name leads to. */
  readonly href: string;
  /** Parameters of the profile that the flame graph is drawn from; `undefined` when there is nothing to draw. */
  readonly graph?: string | undefined;
}

/** What the page shows. */
export interface IndexPageOptions {
  readonly entries: readonly IndexEntry[];
  /** Path under which the profiles are served. */
  readonly prefix: string;
  /** Whether flame graphs can be shown here. */
  readonly hasUi: boolean;
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1d2433; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; }
th, td { padding: .45rem .8rem .45rem 0; border-bottom: 1px solid #dfe3ea; vertical-align: top; }
td.count { text-align: right; font-variant-numeric: tabular-nums; } td.name { white-space: nowrap; }
a { color: #0b57d0; } code { background: #f1f3f7; padding: .1rem .3rem; border-radius: .25rem; }
@media (prefers-color-scheme: dark) { body { background: #14171d; color: #e4e7ee; } a { color: #8ab4ff; }
  code { background: #242933; } th, td { border-color: #343a46; } }`;

/** The page at `/debug/pprof/`: what there is, how much of it, and what it means in Node. */
export function writeIndexPage({ entries, prefix, hasUi }: IndexPageOptions): string {
  const rows = entries.map((entry) => writeRow(entry, { prefix, hasUi })).join("\n");
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>${escape(prefix)}/</title><style>${STYLE}</style></head>
<body>
<h1>Profiles</h1>
<p>Process ${process.pid}, Node ${escape(process.version)}, up ${Math.round(process.uptime())} seconds.
The files are for <code>go tool pprof</code>; <code>?debug=1</code> shows text, <code>?seconds=10</code> what was added in 10 seconds.</p>
<table>
<tr><th>Count</th><th>Profile</th>${hasUi ? "<th></th>" : ""}<th>What it shows</th></tr>
${rows}
</table>
<p><a href="goroutine?debug=2">All work in flight, one by one, the oldest first</a></p>
${hasUi ? "" : "<p>Install the package <code>speedscope</code> beside this one to see flame graphs here.</p>"}
</body>
</html>
`;
}

function writeRow(entry: IndexEntry, { prefix, hasUi }: { readonly prefix: string; readonly hasUi: boolean }): string {
  const { name, description, count, href, graph } = entry;
  const profileUrl = `${prefix}/${name}${graph ?? ""}`;
  const link = `ui/#profileURL=${encodeURIComponent(profileUrl)}&title=${encodeURIComponent(name)}`;
  const graphCell =
    graph === undefined ? "<td></td>" : `<td class="name"><a href="${escape(link)}">flame graph</a></td>`;
  return `<tr><td class="count">${count ?? ""}</td><td class="name"><a href="${escape(href)}">${escape(name)}</a></td>${
    hasUi ? graphCell : ""
  }<td>${escape(description)}</td></tr>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
