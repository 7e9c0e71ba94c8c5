import { defined } from "../../model/fields.ts";
import { ancestor, attribute, type Element, elementsOf, has, textOf } from "./html_elements.ts";

/** Name and value, as a form sends them. */
export type FormEntry = readonly [name: string, value: string];

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

/** Radio buttons, a list or a checkbox, for a person's decision. */
export interface FormChoice {
  readonly label: string;
  readonly options: readonly FormOption[];
  /** The option that the page selected. */
  readonly start?: FormOption;
  /** The value without a decision, for a checkbox that may stay empty. */
  readonly otherwise?: FormOption;
  /** Whether it is a checkbox that the page neither selects nor requires. */
  readonly isIdle: boolean;
}

export interface FormOption {
  readonly label: string;
  readonly entries: readonly FormEntry[];
}

/** A submit button. It may submit to another URL than the form's own. */
export interface FormButton extends FormOption {
  readonly action?: string;
  readonly method?: string;
  /** Whether it submits without the required fields, for example to send another code. */
  readonly skips: boolean;
}

export interface FormControls {
  readonly fields: readonly Field[];
  readonly choices: readonly FormChoice[];
  /** The visible ones; if there are none, the one that Enter would press. */
  readonly buttons: readonly FormButton[];
  /** Whether a person can see a button. */
  readonly hasButton: boolean;
}

/** Facts from the page about its controls. */
export interface Labels {
  readonly of: ReadonlyMap<string, Element>;
  readonly seen: ReadonlySet<Element>;
}

/** Maximum number of controls of a form, and of characters of a label. */
const limits = { controls: 500, text: 200 };

/** "Constructing the entry list" in the HTML standard, with a person's decisions kept separate. */
export function readControls(
  all: readonly Element[],
  labels: Labels,
  clickable: readonly Element[] = [],
): FormControls {
  const controls = all.slice(0, limits.controls);
  const isSeen = (control: Element) => labels.seen.has(control);
  const submits = controls.filter(isSubmit);
  const seenButtons = submits.filter(isSeen);
  const buttons = seenButtons.length ? seenButtons : submits.slice(0, 1);
  const fields: Field[] = [];
  const choices: FormChoice[] = [];
  const radios = Map.groupBy(
    controls.filter((each) => typeOf(each) === "radio" && nameOf(each) !== ""),
    nameOf,
  );
  for (const control of controls) {
    const name = nameOf(control);
    if (name === "" || isSubmit(control)) continue;
    const group = radios.get(name)?.filter((each) => !has(each, "disabled"));
    const choice = typeOf(control) === "radio"
      ? group?.[0] === control ? radioChoice(group, labels) : undefined
      : control.tagName === "select"
      ? selectChoice(control, labels)
      : typeOf(control) === "checkbox"
      ? boxChoice(control, labels)
      : tileChoice(control, clickable.filter(isSeen));
    if (choice) choices.push(choice);
    else if (!(group && choices.some(({ options }) => sends(options, name)))) {
      fields.push(...fieldOf(control, labels));
    }
  }
  const made = buttons.map((button) => buttonOf(button));
  // A button omits the fields only beside one that sends them.
  const noneSends = made.every(({ skips }) => skips);
  return {
    fields,
    choices,
    buttons: noneSends ? made.map((each) => ({ ...each, skips: false })) : made,
    hasButton: seenButtons.length > 0,
  };
}

function sends(options: readonly FormOption[], name: string): boolean {
  return options.some(({ entries }) => entries.some(([each]) => each === name));
}

function nameOf(control: Element): string {
  return has(control, "disabled") ? "" : attribute(control, "name") ?? "";
}

/** The type of a control; the default for `button` is submit. */
export function typeOf(control: Element): string {
  if (control.tagName === "select" || control.tagName === "textarea") return control.tagName;
  const type = attribute(control, "type")?.trim().toLowerCase();
  return type ?? (control.tagName === "button" ? "submit" : "text");
}

function isSubmit(control: Element): boolean {
  return ["submit", "image"].includes(typeOf(control)) && !has(control, "disabled");
}

function fieldOf(control: Element, labels: Labels): Field[] {
  const name = nameOf(control);
  const type = typeOf(control);
  const value = attribute(control, "value") ?? "";
  const id = attribute(control, "id") ?? "";
  const traits = [name, id, type, attribute(control, "autocomplete") ?? ""].join(" ").toLowerCase();
  const field = { name, value, label: labelOf(control, labels) || name, traits };
  switch (type) {
    case "select":
      return selected(control).map((option) => ({ ...field, value: optionValue(option) }));
    case "textarea":
      return [{ ...field, value: textOf(control) }];
    case "checkbox":
    case "radio":
      return has(control, "checked") ? [{ ...field, value: value || "on" }] : [];
    case "file":
    case "reset":
    case "button":
      return [];
    case "hidden":
      return [field];
  }
  // An invisible field is a decoy or for scripts, so it keeps its value, like a read-only one.
  if (!labels.seen.has(control) || has(control, "readonly")) return [field];
  return [{ ...field, asks: type === "password" ? "password" : "text" }];
}

function radioChoice(group: readonly Element[], labels: Labels): FormChoice | undefined {
  const seen = group.filter((radio) => isOffered(radio, labels));
  const [first, ...more] = seen;
  if (!first || (more.length === 0 && has(first, "checked"))) return undefined;
  const options = seen.map((radio) => ({
    label: shortened(
      labelOf(radio, labels) || textAfter(radio) || attribute(radio, "value") || "on",
    ),
    entries: [[nameOf(radio), attribute(radio, "value") ?? "on"] as const],
  }));
  return choiceOf(groupLabel(first), options, seen.findIndex((radio) => has(radio, "checked")));
}

function selectChoice(select: Element, labels: Labels): FormChoice | undefined {
  const all = optionsOf(select);
  if (!isOffered(select, labels) || all.length < 2) return undefined;
  const name = nameOf(select);
  const options = all.map((option) => ({
    label: shortened(textOf(option) || attribute(option, "label") || optionValue(option)),
    entries: [[name, optionValue(option)] as const],
  }));
  const start = selected(select)[0];
  return choiceOf(labelOf(select, labels) || name, options, start ? all.indexOf(start) : -1);
}

/** A click calls a function with a value, maybe after the tile's number: `choose(1, 'phone')`. */
const click =
  /^\s*(?:return\s+)?([\w$.]{1,80})\(\s*(?:\d{1,4}\s*,\s*)?(["'])([^"'\\]{1,400})\2\s*\)/;

/** Tiles or rows to click on: the script puts the value of one of them into a hidden field. */
function tileChoice(field: Element, clickable: readonly Element[]): FormChoice | undefined {
  const value = attribute(field, "value");
  if (typeOf(field) !== "hidden" || !value) return undefined;
  const tiles = clickable.flatMap((element) => {
    const [, calls, , sent] = click.exec(attribute(element, "onclick") ?? "") ?? [];
    return sent === undefined ? [] : [{ calls, sent, label: textOf(element) || sent }];
  });
  const start = tiles.find(({ sent }) => sent === value);
  const group = tiles.filter(({ calls }) => calls === start?.calls);
  if (!start || group.length < 2) return undefined;
  const options = group.map(({ label, sent }) => ({
    label: shortened(label),
    entries: [[nameOf(field), sent] as const],
  }));
  return choiceOf("Your choice", options, group.indexOf(start));
}

/** A checkbox that is preselected or required is an agreement. */
function boxChoice(box: Element, labels: Labels): FormChoice | undefined {
  if (!isOffered(box, labels)) return undefined;
  const isChecked = has(box, "checked");
  const isRequired = has(box, "required");
  const yes = { label: "Yes", entries: [[nameOf(box), attribute(box, "value") || "on"] as const] };
  const no = { label: "No", entries: [] };
  return defined({
    ...choiceOf(
      labelOf(box, labels) || textAfter(box) || nameOf(box),
      [yes, no],
      isChecked ? 0 : 1,
    ),
    otherwise: isRequired ? undefined : no,
    isIdle: !isChecked && !isRequired,
  });
}

function choiceOf(label: string, options: readonly FormOption[], start: number): FormChoice {
  return defined({ label: shortened(label), options, start: options[start], isIdle: false });
}

function buttonOf(button: Element): FormButton {
  const name = nameOf(button);
  const value = attribute(button, "value") ?? "";
  const isImage = typeOf(button) === "image";
  const words = button.tagName === "button" ? textOf(button) : isImage ? "" : value;
  const label = words || attribute(button, "aria-label") || attribute(button, "title") ||
    attribute(button, "alt") || value || name || "Submit";
  const prefix = name === "" ? "" : `${name}.`;
  const image: FormEntry[] = [[`${prefix}x`, "1"], [`${prefix}y`, "1"]];
  return defined({
    label: shortened(label),
    entries: isImage ? image : name === "" ? [] : [[name, value] as const],
    action: attribute(button, "formaction")?.trim() || undefined,
    method: attribute(button, "formmethod")?.trim().toLowerCase() || undefined,
    skips: has(button, "formnovalidate"),
  });
}

/** A control of which only the label is visible counts too. */
function isOffered(control: Element, { of, seen }: Labels): boolean {
  const label = of.get(attribute(control, "id") ?? "") ?? ancestor(control, "label");
  return seen.has(control) || (label !== undefined && seen.has(label));
}

function labelOf(control: Element, { of }: Labels): string {
  const label = of.get(attribute(control, "id") ?? "") ?? ancestor(control, "label");
  return shortened(
    (label && textOf(label)) || attribute(control, "placeholder") ||
      attribute(control, "aria-label") || attribute(control, "title") || "",
  );
}

/** For a radio button without a label: the text between it and the next control. */
function textAfter(control: Element): string {
  const siblings = control.parentNode?.childNodes ?? [];
  let text = "";
  for (const node of siblings.slice(siblings.indexOf(control) + 1)) {
    if ("tagName" in node) {
      if (["input", "select", "button", "textarea", "label", "br"].includes(node.tagName)) break;
      if (elementsOf(node).some(({ tagName }) => tagName === "input")) break;
      text += ` ${textOf(node)}`;
    } else if ("value" in node) text += node.value;
    if (text.length > limits.text) break;
  }
  return text.replace(/\s+/g, " ").trim();
}

function groupLabel(radio: Element): string {
  const set = ancestor(radio, "fieldset");
  const legend = set && elementsOf(set).find(({ tagName }) => tagName === "legend");
  return (legend && textOf(legend)) || nameOf(radio);
}

function optionsOf(select: Element): Element[] {
  return elementsOf(select).filter((each) =>
    each.tagName === "option" && !has(each, "disabled") && !has(each, "hidden")
  );
}

/** The selected options, or the default one, as in browsers. */
function selected(select: Element): Element[] {
  const options = optionsOf(select);
  const chosen = options.filter((option) => has(option, "selected"));
  return chosen.length || has(select, "multiple") ? chosen : options.slice(0, 1);
}

function optionValue(option: Element): string {
  return attribute(option, "value") ?? textOf(option);
}

function shortened(text: string): string {
  return text.slice(0, limits.text);
}
