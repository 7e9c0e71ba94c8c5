import { attribute, type Element, elementsOf, has, isHidden, textOf } from "./html_elements.ts";

/** A page's error message: the text nearest to the form, unchanged. */
export function errorNear(elements: readonly Element[], form?: Element): string | undefined {
  const around = form ? pathOf(form) : [];
  let best: { readonly rank: number; readonly text: string } | undefined;
  const reports = elements.filter((element) => strengthOf(element) > 0).slice(0, most);
  for (const element of reports) {
    const path = pathOf(element);
    if (path.some(isUnseen) || elementsOf(element).some(holdsInput)) continue;
    const text = textOf(element);
    if (text === "") continue;
    // Their common ancestor: the deeper it is, the nearer they are.
    const shared = path.filter((each, at) => each === around[at]).length;
    const rank = strengthOf(element) * deepest + Math.min(shared, deepest - 1);
    if (!best || rank > best.rank) best = { rank, text };
  }
  return best?.text;
}

const deepest = 100_000;
/** Maximum number of messages to examine: each costs as much time as the page is large. */
const most = 100;

/** 2 for an error, 1 for a possible one, 0 for anything else. */
function strengthOf(element: Element): number {
  if (holdsInput(element) || ["html", "body", "form", "label"].includes(element.tagName)) return 0;
  const role = attribute(element, "role")?.trim().toLowerCase() ?? "";
  const live = attribute(element, "aria-live")?.trim().toLowerCase() ?? "";
  const words = [attribute(element, "class") ?? "", attribute(element, "id") ?? ""]
    .flatMap((text) => text.slice(0, 500).replace(/([a-z])(?=[A-Z])/g, "$1-").split(/[^A-Za-z]+/))
    .map((word) => word.toLowerCase());
  if (words.some((word) => /^(no|non|success|info)$/.test(word))) return 0;
  const isNamed = words.some((word) => /^(error|alert|danger|failure|invalid)|error$/.test(word));
  if (isNamed || /^alert(dialog)?$/.test(role) || live === "assertive") return 2;
  return live === "polite" || role === "status" ? 1 : 0;
}

/** A field or a list of choices, whose text was entered by the user or the page. */
function holdsInput({ tagName }: Element): boolean {
  return ["input", "select", "textarea", "option", "datalist", "output"].includes(tagName);
}

function isUnseen(element: Element): boolean {
  return isHidden(element) || attribute(element, "aria-hidden") === "true" ||
    ["script", "style", "noscript", "title"].includes(element.tagName) || has(element, "inert");
}

/** An element with its ancestors, the outermost first. */
function pathOf(element: Element): Element[] {
  const path: Element[] = [];
  for (
    let node: Element["parentNode"] | Element = element;
    node;
    node = "parentNode" in node ? node.parentNode : null
  ) {
    if ("tagName" in node) path.push(node);
  }
  return path.reverse();
}
