import { defined } from "../../model/fields.ts";
import { parse } from "parse5";
import { type FormControls, readControls, typeOf } from "./html_controls.ts";
import {
  ancestor,
  attribute,
  type Element,
  elementsOf,
  has,
  seenAmong,
  seenText,
  textOf,
} from "./html_elements.ts";
import { errorNear } from "./page_error.ts";
import {
  hasScript,
  type Obstacle,
  obstacleOf,
  type Refresh,
  refreshIn,
  submitsAfter,
} from "./page_signs.ts";

export type { Field } from "./html_controls.ts";

export interface HtmlForm extends FormControls {
  /** As in the page: relative, or empty for the page's own URL. */
  readonly action: string;
  readonly method: "GET" | "POST";
  /** True for a search form. */
  readonly searches: boolean;
}

export interface HtmlPage {
  readonly title: string;
  /** `<base href>`, for resolving URLs. */
  readonly base?: string;
  readonly forms: readonly HtmlForm[];
  /** `<meta http-equiv=refresh>`. */
  readonly refresh?: Refresh;
  readonly obstacle?: Obstacle;
  /** Milliseconds until a script certainly submits a form. */
  readonly submits?: number;
  readonly hasScript: boolean;
  /** All visible text, including headers and footers. */
  readonly text: string;
  /** The same without what surrounds the main content, if there is other text. */
  readonly content: string;
  /** Whether it shows neither text nor controls, in a form or outside. */
  readonly isBlank: boolean;
  /** What the page reports as an error, nearest to a form. It may repeat what was typed. */
  error(near?: HtmlForm): string | undefined;
}

/** Maximum number of elements of a form that a script makes clickable. */
const mostTiles = 100;

/**
 * Parses a page as a browser does, without running or fetching anything.
 * https://html.spec.whatwg.org/multipage/form-control-infrastructure.html
 */
export function readHtml(html: string): HtmlPage {
  const document = parse(html, { sourceCodeLocationInfo: false });
  const elements = elementsOf(document);
  const byId = new Map<string, Element>();
  const labels = { of: new Map<string, Element>(), seen: seenAmong(elements) };
  for (const element of elements) {
    const id = attribute(element, "id");
    if (id && !byId.has(id)) byId.set(id, element);
    const of = element.tagName === "label" ? attribute(element, "for") : undefined;
    if (of && !labels.of.has(of)) labels.of.set(of, element);
  }
  const forms = elements.filter(({ tagName }) => tagName === "form");
  const controls = new Map<Element, Element[]>(forms.map((form) => [form, []]));
  const clickable = new Map<Element, Element[]>();
  // The parser closes a form between a table and its rows; the fields that follow still belong to
  // it.
  let astray: Element | undefined;
  for (const element of elements) {
    if (element.tagName === "form") astray = isAstray(element) ? element : undefined;
    if (has(element, "onclick")) {
      const form = ancestor(element, "form");
      const tiles = form && (clickable.get(form) ?? []);
      if (tiles && tiles.length < mostTiles) clickable.set(form, [...tiles, element]);
    }
    if (!["input", "select", "textarea", "button"].includes(element.tagName)) continue;
    const owner = attribute(element, "form");
    const form = owner === undefined ? ancestor(element, "form") ?? astray : byId.get(owner);
    if (form) controls.get(form)?.push(element);
  }
  const title = elements.find(({ tagName }) => tagName === "title");
  const base = elements.find(({ tagName }) => tagName === "base");
  const baseHref = base && attribute(base, "href");
  const found = [...controls].map(([element, inside]) => ({
    element,
    form: {
      action: attribute(element, "action")?.trim() ?? "",
      method: methodOf(attribute(element, "method")),
      ...readControls(inside, labels, clickable.get(element)),
      searches: attribute(element, "role") === "search" ||
        inside.some((control) => typeOf(control) === "search"),
    },
  }));
  const text = seenText(document);
  return defined({
    title: title ? textOf(title) : "",
    base: baseHref || undefined,
    forms: found.map(({ form }) => form),
    refresh: refreshIn(elements),
    obstacle: obstacleOf(elements, labels.seen),
    submits: submitsAfter(elements),
    hasScript: hasScript(elements),
    text,
    content: seenText(document, isAround) || text,
    isBlank: text === "" && !elements.some((each) => labels.seen.has(each) && isUsable(each)),
    error: (near?: HtmlForm) =>
      errorNear(elements, found.find(({ form }) => form === near)?.element),
  });
}

export function methodOf(text: string | undefined): HtmlForm["method"] {
  return text?.trim().toLowerCase() === "post" ? "POST" : "GET";
}

function isUsable(element: Element): boolean {
  return ["input", "select", "textarea", "button", "iframe", "object", "canvas"]
    .includes(element.tagName) && typeOf(element) !== "hidden";
}

function isAstray({ parentNode }: Element): boolean {
  const parent = parentNode && "tagName" in parentNode ? parentNode.tagName : "";
  return ["table", "tbody", "thead", "tfoot", "tr"].includes(parent);
}

function isAround(element: Element): boolean {
  return ["header", "footer", "nav", "label", "legend"].includes(element.tagName) ||
    /^(?:banner|contentinfo|navigation)$/i.test(attribute(element, "role") ?? "");
}
