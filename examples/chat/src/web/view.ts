/** The parts of the page that change. */
export interface View {
  readonly log: HTMLOListElement;
  readonly members: HTMLUListElement;
  readonly state: HTMLElement;
}

/** Lines kept on the page, so that a long evening does not slow the browser. */
const MAX_LINES = 500;

/** The element with this id. Throws when the page and the program disagree. */
export function element<E extends HTMLElement>(id: string, kind: abstract new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} with id ${id}`);
  return found;
}

/** Adds a line to the conversation. Text is set as text, never as markup. */
export function show(
  view: View,
  line: { readonly from: string; readonly text: string; readonly atMs: number },
  kind: "own" | "other" | "note",
): void {
  const item = document.createElement("li");
  item.className = kind;
  if (line.from !== "") item.append(part("strong", line.from));
  item.append(part("span", line.text), part("time", new Date(line.atMs).toLocaleTimeString()));
  view.log.append(item);
  while (view.log.childElementCount > MAX_LINES) view.log.firstElementChild?.remove();
  item.scrollIntoView({ block: "end" });
}

/** Shows who is here, oneself first. */
export function showMembers(view: View, members: readonly string[], self: string): void {
  const names = [...members].sort((a, b) => Number(b === self) - Number(a === self) || a.localeCompare(b));
  view.members.replaceChildren(...names.map((name) => part("li", name === self ? `${name} (you)` : name)));
}

/** Shows whether events arrive. */
export function showState(view: View, state: "online" | "offline"): void {
  view.state.textContent = state;
  view.state.dataset["state"] = state;
}

function part(tag: "strong" | "span" | "time" | "li", text: string): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}
