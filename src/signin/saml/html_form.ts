import { defined } from "../../model/fields.ts";
import { parse } from "parse5";
import {
  ancestor,
  attribute,
  type Element,
  elementsOf,
  has,
  isHidden,
  textOf,
} from "./html_elements.ts";
import { errorNear } from "./page_error.ts";

export interface Field {
  readonly name: string;
  readonly value: string;
  /** How to prompt for it; absent if sent unchanged. */
  readonly asks?: "text" | "password";
  /** Its label on the page. */
  readonly label: string;
  /** Its id, name, type and `autocomplete`, to guess its purpose. */
  readonly traits: string;
}

export interface HtmlForm {
  /** As in the page: relative, or empty for the page's own URL. */
  readonly action: string;
  readonly method: "GET" | "POST";
  readonly fields: readonly Field[];
  /** True for a search form. */
  readonly searches: boolean;
}

export interface HtmlPage {
  readonly title: string;
  /** `<base href>`, for resolving URLs. */
  readonly base?: string;
  readonly forms: readonly HtmlForm[];
  /** The target of `<meta http-equiv=refresh>`. */
  readonly refresh?: string;
  /** What the page reports as an error, nearest to a form. It may repeat what was typed. */
  error(near?: HtmlForm): string | undefined;
}

/** Maximum number of fields in a form, and of characters of a label. */
const limits = { fields: 500, text: 200 };

/**
 * Parses a page as a browser does, without running or fetching anything.
 * https://html.spec.whatwg.org/multipage/form-control-infrastructure.html
 */
export function readHtml(html: string): HtmlPage {
  const elements = elementsOf(parse(html, { sourceCodeLocationInfo: false }));
  const byId = new Map<string, Element>();
  const labels = new Map<string, string>();
  for (const element of elements) {
    const id = attribute(element, "id");
    if (id && !byId.has(id)) byId.set(id, element);
    const of = element.tagName === "label" ? attribute(element, "for") : undefined;
    if (of && !labels.has(of)) labels.set(of, textOf(element));
  }
  const forms = elements.filter(({ tagName }) => tagName === "form");
  const controls = new Map<Element, Element[]>(forms.map((form) => [form, []]));
  // The parser closes a form between a table and its rows; the fields that follow still belong to
  // it.
  let astray: Element | undefined;
  for (const element of elements) {
    if (element.tagName === "form") astray = isAstray(element) ? element : undefined;
    if (!["input", "select", "textarea", "button"].includes(element.tagName)) continue;
    const owner = attribute(element, "form");
    const form = owner === undefined ? ancestor(element, "form") ?? astray : byId.get(owner);
    if (form) controls.get(form)?.push(element);
  }
  const title = elements.find(({ tagName }) => tagName === "title");
  const base = elements.find(({ tagName }) => tagName === "base");
  const baseHref = base && attribute(base, "href");
  const refresh = refreshOf(elements);
  const found = [...controls].map(([element, inside]) => ({
    element,
    form: formOf(element, inside, labels),
  }));
  return defined({
    title: title ? textOf(title) : "",
    base: baseHref || undefined,
    forms: found.map(({ form }) => form),
    refresh,
    error: (near?: HtmlForm) =>
      errorNear(elements, found.find(({ form }) => form === near)?.element),
  });
}

function isAstray({ parentNode }: Element): boolean {
  const parent = parentNode && "tagName" in parentNode ? parentNode.tagName : "";
  return ["table", "tbody", "thead", "tfoot", "tr"].includes(parent);
}

function formOf(
  form: Element,
  controls: readonly Element[],
  labels: ReadonlyMap<string, string>,
): HtmlForm {
  const isPost = attribute(form, "method")?.trim().toLowerCase() === "post";
  const submit = controls.find(isSubmit);
  const fields = controls.slice(0, limits.fields).flatMap((control) =>
    isSubmit(control) && control !== submit ? [] : fieldOf(control, labels)
  );
  return {
    action: attribute(form, "action")?.trim() ?? "",
    method: isPost ? "POST" : "GET",
    fields,
    searches: attribute(form, "role") === "search" ||
      controls.some((control) => typeOf(control) === "search"),
  };
}

/** The type of a control; the default for `button` is submit. */
function typeOf(control: Element): string {
  const type = attribute(control, "type")?.trim().toLowerCase();
  return type ?? (control.tagName === "button" ? "submit" : "text");
}

function isSubmit(control: Element): boolean {
  const isButton = control.tagName === "input" || control.tagName === "button";
  return isButton && ["submit", "image"].includes(typeOf(control)) && !has(control, "disabled");
}

/** What the control sends: "constructing the entry list" in the HTML standard. */
function fieldOf(control: Element, labels: ReadonlyMap<string, string>): Field[] {
  const name = attribute(control, "name");
  if (!name || has(control, "disabled")) return [];
  const type = typeOf(control);
  const value = attribute(control, "value") ?? "";
  const id = attribute(control, "id") ?? "";
  const traits = [name, id, type, attribute(control, "autocomplete") ?? ""].join(" ").toLowerCase();
  const label = labels.get(id) || labelAround(control) || attribute(control, "placeholder") ||
    attribute(control, "aria-label") || attribute(control, "title") || name;
  const field = { name, value, label: label.slice(0, limits.text), traits };
  switch (control.tagName) {
    case "select":
      return optionsOf(control).map((option) => ({ ...field, value: option }));
    case "textarea":
      return [{ ...field, value: textOf(control) }];
    case "button":
      return type === "submit" ? [field] : [];
  }
  switch (type) {
    case "checkbox":
    case "radio":
      return has(control, "checked") ? [{ ...field, value: value || "on" }] : [];
    case "file":
    case "reset":
    case "button":
    case "image":
      return [];
    case "hidden":
    case "submit":
      return [field];
  }
  // Hidden and read-only fields are sent unchanged.
  const asIs = isHidden(control) || has(control, "readonly");
  if (asIs) return [field];
  return [{ ...field, asks: type === "password" ? "password" : "text" }];
}

/** The selected values, or the default one, as in browsers. */
function optionsOf(select: Element): string[] {
  const options = elementsOf(select).filter(({ tagName }) => tagName === "option")
    .filter((option) => !has(option, "disabled"));
  const chosen = options.filter((option) => has(option, "selected"));
  const taken = chosen.length || has(select, "multiple") ? chosen : options.slice(0, 1);
  return taken.map((option) => attribute(option, "value") ?? textOf(option));
}

function labelAround(control: Element): string {
  const label = ancestor(control, "label");
  return label ? textOf(label) : "";
}

function refreshOf(elements: readonly Element[]): string | undefined {
  const meta = elements.find((each) =>
    each.tagName === "meta" && attribute(each, "http-equiv")?.toLowerCase() === "refresh"
  );
  const content = meta && attribute(meta, "content");
  return /^\s*\d{1,3}(?:\.\d*)?\s*[;,]\s*url\s*=\s*["']?([^"'\s]{1,4096})/i.exec(content ?? "")
    ?.[1];
}
