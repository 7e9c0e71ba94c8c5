import type { DefaultTreeAdapterTypes } from "parse5";

export type Node = DefaultTreeAdapterTypes.Node;
export type Element = DefaultTreeAdapterTypes.Element;

/** Maximum number of elements of a page. */
const most = 50_000;

/** All descendants in document order; iterative, since pages may be deep. */
export function elementsOf(root: Node): Element[] {
  const found: Element[] = [];
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node !== root && "tagName" in node) found.push(node);
    if (found.length >= most) break;
    // A template's content is not part of the page.
    const children = "childNodes" in node && node.nodeName !== "template" ? node.childNodes : [];
    for (let at = children.length - 1; at >= 0; at--) {
      const child = children[at];
      if (child) waiting.push(child);
    }
  }
  return found;
}

export function textOf(root: Node): string {
  let text = "";
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node && text.length < 4096; node = waiting.pop()) {
    if (node.nodeName === "#text" && "value" in node) text += node.value;
    const children = "childNodes" in node ? node.childNodes : [];
    for (let at = children.length - 1; at >= 0; at--) {
      const child = children[at];
      if (child && !["script", "style"].includes(child.nodeName)) waiting.push(child);
    }
  }
  return text.replace(/\s+/g, " ").trim();
}

export function ancestor(element: Element, tagName: string): Element | undefined {
  for (let node = element.parentNode; node; node = "parentNode" in node ? node.parentNode : null) {
    if ("tagName" in node && node.tagName === tagName) return node;
  }
  return undefined;
}

export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name)?.value;
}

export function has(element: Element, name: string): boolean {
  return attribute(element, name) !== undefined;
}

export function isHidden(control: Element): boolean {
  const style = attribute(control, "style") ?? "";
  return has(control, "hidden") || /display\s*:\s*none|visibility\s*:\s*hidden/i.test(style);
}
