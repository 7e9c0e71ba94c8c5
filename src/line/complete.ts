import { type Command, type Entry, globalOptions, type Option } from "./command.ts";

/** What can stand at a place of the command line. */
export type ExpectedWord =
  /** These values, and an option's name before them (`--format=`), which is part of the word. */
  | { readonly kind: "values"; readonly values: readonly Candidate[] }
  | { readonly kind: "file"; readonly before: string }
  /** What the caller knows: the names of profiles. */
  | { readonly kind: "profile"; readonly before: string }
  | { readonly kind: "region"; readonly before: string }
  /** A program's own words: from this word of the line on (0: the first after `athm`). */
  | { readonly kind: "program"; readonly from: number }
  | { readonly kind: "nothing" };

export interface Candidate {
  readonly value: string;
  /** One line; empty: there is nothing to say. */
  readonly help: string;
}

const nothing: ExpectedWord = { kind: "nothing" };

/**
 * What completes the last of `words`, which are those after `athm`; the last may be empty. It walks the
 * line as `readLine` does, but takes no offence at what is wrong or missing in it.
 */
export async function expectedWordAt(
  words: readonly string[],
  entries: readonly Entry[],
): Promise<ExpectedWord> {
  const path: string[] = [];
  const given = new Set<string>();
  let entry: Entry | undefined;
  let command: Command | undefined;
  let operands = 0;
  let terminated = false;
  let awaiting: Option | undefined;
  const last = words.length - 1;
  const options = () => terminated ? [] : [...globalOptions, ...command?.options ?? []];

  for (const [at, word] of words.slice(0, -1).entries()) {
    if (awaiting) {
      // As in `readLine`: a forgotten value is more likely than one that begins like an option.
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
    } else if (!command) {
      path.push(word);
      entry = entries.find((each) => each.path.join(" ") === path.join(" "));
      command = (await entry?.load())?.command;
    } else if (command.runsProgram && operands === command.count[1]) {
      return { kind: "program", from: at };
    } else operands++;
  }

  const word = words[last] ?? "";
  if (awaiting && !word.startsWith("--")) return valuesOf(awaiting, "");
  if (isOption(word) && !terminated) return optionAt(word, options(), given);
  if (!command) return { kind: "values", values: commandsBelow(path, entries) };
  if (command.runsProgram && operands === command.count[1]) return { kind: "program", from: last };
  return entry ? operandAt(entry, command, operands) : nothing;
}

/** A dash alone is an operand, but for the last word: there it may become an option. */
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
    return option ? valuesOf(option, `--${option.name}=`) : nothing;
  }
  const values = options.filter(({ name, repeat }) => repeat || !given.has(name))
    .map(({ name, help }) => ({ value: `--${name}`, help }));
  return { kind: "values", values };
}

function valuesOf({ value, choices, completes }: Option, before: string): ExpectedWord {
  if (choices) {
    return { kind: "values", values: choices.map((each) => ({ value: before + each, help: "" })) };
  }
  if (completes) return { kind: completes, before };
  // What stands for an option's value in the help says it too.
  if (value === "R") return { kind: "region", before };
  return value?.split("|").includes("FILE") ? { kind: "file", before } : nothing;
}

/** The next words of the commands that begin with `path`. */
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

/** By the operands as the help writes them: `NAME…`, `OLD NEW`, `FILE`, `a|b`. */
function operandAt({ operands }: Entry, { count, completes }: Command, at: number): ExpectedWord {
  if (at >= count[1]) return nothing;
  if (completes) return completes === "nothing" ? nothing : { kind: completes, before: "" };
  const words = operands.replaceAll(/[[\]]/g, "").split(" ");
  const last = words.at(-1) ?? "";
  const word = words[at] ?? (last.endsWith("…") ? last : "");
  const name = word.replace(/…$/, "");
  if (name === "NAME" && at === 0 || words[0] === "NAME…" || name === "OLD") {
    return { kind: "profile", before: "" };
  }
  if (name === "FILE") return { kind: "file", before: "" };
  if (!/^[a-z][a-z-]*(\|[a-z][a-z-]*)*$/.test(name)) return nothing;
  return { kind: "values", values: name.split("|").map((value) => ({ value, help: "" })) };
}
