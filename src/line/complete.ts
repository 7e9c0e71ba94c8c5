import {
  type Command,
  type Entry,
  globalOptions,
  hasBelow,
  type Option,
  pathWith,
} from "./command.ts";
import { impliedBy } from "./read.ts";

export type ExpectedWord =
  /** These values, prefixed by the option's name if that is part of the word (`--format=`). */
  | { readonly kind: "values"; readonly values: readonly Candidate[] }
  | { readonly kind: "file"; readonly before: string }
  /** Names in the store, which the caller knows, or one of `others`. */
  | {
    readonly kind: "profile" | "policy" | "client" | "served";
    readonly before: string;
    readonly others?: readonly Candidate[];
  }
  | { readonly kind: "region"; readonly before: string }
  /** Another program's words, from this index on (0: the first after `athm`). */
  | { readonly kind: "program"; readonly from: number }
  | { readonly kind: "nothing" };

export interface Candidate {
  readonly value: string;
  /** One line; may be empty. */
  readonly help: string;
}

const nothing: ExpectedWord = { kind: "nothing" };

/** What may complete the last of `words`. Parses like `readLine` but tolerates errors. */
export async function expectedWordAt(
  words: readonly string[],
  entries: readonly Entry[],
): Promise<ExpectedWord> {
  let path: readonly string[] = [];
  const given = new Set<string>();
  let entry: Entry | undefined;
  let command: Command | undefined;
  let operands = 0;
  let terminated = false;
  let awaiting: Option | undefined;
  const last = words.length - 1;
  /** The next word may go on with the path: `serve` and `serve token add`. */
  const isFirst = () => operands === 0 && given.size === 0 && !terminated;
  const options = () => terminated ? [] : [...globalOptions, ...command?.options ?? []];

  for (const [at, word] of words.slice(0, -1).entries()) {
    if (awaiting && impliedBy(awaiting, word)) awaiting = undefined;
    if (awaiting) {
      // As in `readLine`: the value was more likely forgotten than begins with dashes.
      const isValue = !word.startsWith("--");
      awaiting = undefined;
      if (isValue) continue;
    }
    if (word === "--" && !terminated) {
      if (command?.runsProgram) return { kind: "program", from: at + 1 };
      terminated = true;
    } else if (isOption(word) && word !== "-" && !terminated) {
      const option = findOption(word, options());
      if (option) given.add(option.name);
      if (option?.value !== undefined && !word.includes("=")) awaiting = option;
    } else if (!command || (isFirst() && hasBelow(entries, [...path, word]))) {
      if (word === "help") continue;
      path = pathWith(path, word, entries);
      entry = entries.find((each) => each.path.join(" ") === path.join(" "));
      command = (await entry?.load())?.command;
    } else if (command.runsProgram && operands === command.count[1]) {
      return { kind: "program", from: at };
    } else operands++;
  }

  const word = words[last] ?? "";
  if (awaiting && !word.startsWith("--") && !impliedBy(awaiting, word)) {
    return valuesOf(awaiting, "", word);
  }
  if (isOption(word) && !terminated) return optionAt(word, options(), given);
  if (!command) {
    const values = commandsBelow(path, entries);
    if (path.length > 0 || word === "") return { kind: "values", values };
    // The list of everything stays short: without aws, only what was begun.
    const others = commandsBelow(["aws"], entries).filter((each) =>
      each.value.startsWith(word) && !values.some(({ value }) => value === each.value)
    );
    return { kind: "values", values: [...values, ...others] };
  }
  if (command.runsProgram && operands === command.count[1]) return { kind: "program", from: last };
  if (!entry) return nothing;
  const expected = operandAt(entry, command, operands);
  const others = isFirst() ? commandsBelow(path, entries) : [];
  return expected.kind === "profile" && others.length ? { ...expected, others } : expected;
}

/** A single dash is an operand, but the last word may still become an option. */
function isOption(word: string): boolean {
  return word.startsWith("-");
}

function findOption(word: string, options: readonly Option[]): Option | undefined {
  const name = word.replace(/=.*$/s, "");
  return options.find((each) => name === `--${each.name}` || name === `-${each.short}`);
}

function optionAt(
  word: string,
  options: readonly Option[],
  given: ReadonlySet<string>,
): ExpectedWord {
  if (word.includes("=")) {
    const option = findOption(word, options);
    const before = `--${option?.name}=`;
    return option ? valuesOf(option, before, word.slice(before.length)) : nothing;
  }
  const values = options.filter(({ name, repeat }) => repeat || !given.has(name))
    .map(({ name, help }) => ({ value: `--${name}`, help }));
  return { kind: "values", values };
}

function valuesOf(
  { value, choices, completes }: Option,
  before: string,
  begun: string,
): ExpectedWord {
  if (choices) {
    return { kind: "values", values: choices.map((each) => ({ value: before + each, help: "" })) };
  }
  if (completes) return { kind: completes, before };
  // Derive it from the placeholder in the help.
  if (value === "R") return { kind: "region", before };
  const forms = value?.split("|") ?? [];
  if (forms.includes("@NAME") && begun.startsWith("@")) {
    return { kind: "policy", before: `${before}@` };
  }
  return forms.includes("FILE") ? { kind: "file", before } : nothing;
}

/** The next words of commands whose path begins with `path`. */
function commandsBelow(path: readonly string[], entries: readonly Entry[]): readonly Candidate[] {
  const below = new Map<string, string>();
  for (const { path: own, summary } of entries) {
    const next = own[path.length];
    if (next === undefined || !path.every((word, at) => own[at] === word)) continue;
    const isCommand = own.length === path.length + 1;
    below.set(next, isCommand ? summary : below.get(next) ?? `${next} commands`);
  }
  return Array.from(below, ([value, help]) => ({ value, help }));
}

/** Derived from the operands in the help: `NAME…`, `OLD NEW`, `FILE`, `a|b`. */
function operandAt({ operands }: Entry, { count, completes }: Command, at: number): ExpectedWord {
  if (at >= count[1]) return nothing;
  if (completes) return completes === "nothing" ? nothing : { kind: completes, before: "" };
  const words = operands.replaceAll(/[[\]]/g, "").split(" ");
  const last = words.at(-1) ?? "";
  const word = words[at] ?? (last.endsWith("…") ? last : "");
  const name = word.replace(/…$/, "");
  if (name === "NAME" || words[0] === "NAME…" || name === "OLD") {
    return { kind: "profile", before: "" };
  }
  if (name === "FILE") return { kind: "file", before: "" };
  if (!/^[a-z][a-z-]*(\|[a-z][a-z-]*)*$/.test(name)) return nothing;
  return { kind: "values", values: name.split("|").map((value) => ({ value, help: "" })) };
}
