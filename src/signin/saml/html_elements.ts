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
  return joinedText(root, ({ nodeName }) => ["script", "style"].includes(nodeName), 4096);
}

/** What a person reads: neither hidden nor in a control, nor only for browsers without scripts. */
export function seenText(root: Node, isLeftOut: (element: Element) => boolean = () => false) {
  return joinedText(
    root,
    (node) => "tagName" in node && (unread.has(node.tagName) || isHidden(node) || isLeftOut(node)),
    // Whole: a kept decision is only for the same text.
    Infinity,
  );
}

const unread = new Set(
  ["head", "title", "script", "style", "noscript", "template", "button", "select", "textarea"],
);

function joinedText(root: Node, isLeftOut: (node: Node) => boolean, most: number): string {
  let text = "";
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node && text.length < most; node = waiting.pop()) {
    if (node.nodeName === "#text" && "value" in node) text += node.value;
    // Separate blocks: "1 Phone", not "1Phone".
    else if (!inline.has(node.nodeName) && !text.endsWith(" ")) text += " ";
    const children = "childNodes" in node ? node.childNodes : [];
    for (let at = children.length - 1; at >= 0; at--) {
      const child = children[at];
      if (child && !isLeftOut(child)) waiting.push(child);
    }
  }
  return text.replace(/\s+/g, " ").trim();
}

const inline = new Set([
  "a",
  "abbr",
  "b",
  "code",
  "em",
  "font",
  "i",
  "small",
  "span",
  "strong",
  "u",
]);

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

/** Whether it is certainly invisible, apart from its ancestors. */
export function isHidden(element: Element): boolean {
  const style = attribute(element, "style") ?? "";
  return has(element, "hidden") || /display\s*:\s*none|visibility\s*:\s*hidden/i.test(style);
}

/**
 * Which of a page's elements, in document order, a person can see. Decoys for programs are there but
 * out of sight: hidden from screen readers, outside of the window, transparent, or without a size.
 */
export function seenAmong(elements: readonly Element[]): ReadonlySet<Element> {
  const unseen = new Set<unknown>();
  for (const element of elements) {
    if (unseen.has(element.parentNode) || isOutOfSight(element)) unseen.add(element);
  }
  return new Set(elements.filter((element) => !unseen.has(element)));
}

function isOutOfSight(element: Element): boolean {
  return isHidden(element) || has(element, "inert") ||
    attribute(element, "aria-hidden")?.trim().toLowerCase() === "true" ||
    outOfSight.some((style) => style.test(attribute(element, "style") ?? "")) ||
    (attribute(element, "class") ?? "").slice(0, 500).split(/\s+/).some((name) =>
      hidingClass.test(name)
    );
}

const outOfSight: readonly RegExp[] = [
  /(?:left|top|right|bottom|text-indent|margin(?:-\w+)?)\s*:\s*-\d{3,}/i,
  /opacity\s*:\s*0?(?:\.0+)?\s*(?:;|!|$)|opacity\s*:\s*0%/i,
  /(?:^|[;\s])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$)/i,
  /clip(?:-path)?\s*:\s*(?:rect\(\s*[01]|inset\(\s*(?:50|100)%)|scale\(\s*0/i,
];

/** Class names of common frameworks and providers. */
const hidingClass =
  /^(?:hidden|hide|is-hidden|d-none|invisible|visually-?hidden|sr-only|off-?screen|move-?off-?screen|honey-?pot)$/i;
