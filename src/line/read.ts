import { type ArgToken, parseArgs } from "args-tokens";
import { type Failure, usage } from "../model/failure.ts";
import { suggestion } from "../model/names.ts";
import {
  type Command,
  type Entry,
  globalOptions,
  hasBelow,
  type Line,
  type Option,
  pathWith,
} from "./command.ts";
import { valuesOf } from "./values.ts";

/** The parsed command line. `help` and `version` work even if the rest is invalid. */
export interface Reading {
  readonly path: readonly string[];
  readonly globals: ReadonlySet<string>;
  readonly line: Line | undefined;
  readonly problem: Failure | undefined;
}

/**
 * Parses `args` by the table of commands. Options may come before and after operands; words after
 * the program to run are not parsed. Values are not yet checked. `athm help COMMAND` and
 * `athm version` mean the options of that name.
 */
export async function readLine(
  args: readonly string[],
  entries: readonly Entry[],
): Promise<Reading> {
  let path: readonly string[] = [];
  const globals = new Set<string>();
  const read = new Map<string, string[]>();
  const operands: string[] = [];
  let entry: Entry | undefined;
  let command: Command | undefined;
  let program: readonly string[] = [];
  let problem: Failure | undefined;
  let consumed = -1; // index of the last argument used as a value
  let terminated = false;

  for (const parsed of parseArgs([...args])) {
    const token = terminated ? parsed : asTyped(parsed, args);
    if (token.index <= consumed) continue;
    if (token.kind === "option-terminator") {
      terminated = true;
      if (!command?.runsProgram) continue;
      program = args.slice(token.index + 1);
      break;
    }
    if (token.kind === "positional") {
      const word = token.value ?? "";
      const isFirst = operands.length === 0 && read.size === 0 && !terminated;
      if (!command || (isFirst && hasBelow(entries, [...path, word]))) {
        const isOption = word === "help" || (word === "version" && path.length === 0);
        if (isOption) {
          globals.add(word);
          continue;
        }
        path = pathWith(path, word, entries);
        entry = entries.find((each) => isSame(each.path, path));
        command = (await entry?.load())?.command;
        if (!entry && !hasBelow(entries, path)) {
          problem ??= (await suggest()).unknownCommand(path, entries);
          globals.delete("help"); // there is none for an unknown command
          break;
        }
      } else if (command.runsProgram && operands.length === command.count[1]) {
        program = args.slice(token.index);
        break;
      } else operands.push(word);
      continue;
    }
    const option = findOption(
      token,
      terminated ? [] : [...globalOptions, ...command?.options ?? []],
    );
    if (!option) {
      problem ??= (await suggest()).unknownOption(token.rawName ?? "", path, command);
    } else if (globalOptions.includes(option)) {
      globals.add(option.name);
      if (token.inlineValue) problem ??= usage(`--${option.name} does not accept a value`);
    } else {
      const value = valueOf(option, token, args);
      const next = args[token.index + 1];
      const isNext = !token.inlineValue && option.value !== undefined && !next?.startsWith("--");
      if (isNext && !impliedBy(option, next)) consumed = token.index + 1;
      if (typeof value !== "string") problem ??= value;
      else if (read.has(option.name) && !option.repeat && option.value !== undefined) {
        problem ??= usage(`--${option.name} is given twice`);
      } else read.set(option.name, [...read.get(option.name) ?? [], value]);
    }
  }

  if (!entry || !command) return { path, globals, line: undefined, problem };
  problem ??= wrongCount(entry, command, operands);
  const known = new Set(command.options.map(({ name }) => name));
  const line = {
    entry,
    command,
    operands,
    values: valuesOf(read, known),
    program,
    separated: terminated,
  };
  return { path, globals, line, problem };
}

/** The parser takes ` --x`, which begins with a space, for an option, and `-=x` for a word. */
function asTyped(token: ArgToken, args: readonly string[]): ArgToken {
  const { kind, index } = token;
  const value = args[index] ?? "";
  const isWord = !value.startsWith("-") || value === "-";
  if (kind === "option" && isWord) return { kind: "positional", index, value };
  if (kind !== "positional" || isWord) return token;
  return { kind: "option", index, name: value.slice(1), rawName: value };
}

/** Load lazily: a correct line needs no suggestions. */
const suggest = () => import("./suggest.ts");

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && beginsWith(a, b);
}

function beginsWith(whole: readonly string[], head: readonly string[]): boolean {
  return head.every((word, index) => whole[index] === word);
}

function findOption(token: ArgToken, options: readonly Option[]): Option | undefined {
  const long = token.rawName?.startsWith("--");
  return options.find(({ name, short }) => (long ? name : short) === token.name);
}

export function impliedBy({ implied }: Option, next: string | undefined): boolean {
  return implied !== undefined && !/^\d/.test(next ?? "");
}

/** The option's value as typed (empty for a switch), or the error. */
function valueOf(option: Option, token: ArgToken, args: readonly string[]): string | Failure {
  const name = `--${option.name}`;
  if (option.value === undefined) {
    return token.inlineValue ? usage(`${name} does not accept a value`) : "";
  }
  if (!token.inlineValue && impliedBy(option, args[token.index + 1])) return option.implied ?? "";
  const value = token.inlineValue ? token.value : args[token.index + 1];
  if (value === undefined || (!token.inlineValue && value.startsWith("--"))) {
    const hint = value === undefined
      ? undefined
      : `if the value begins with dashes, write ${name}=VALUE`;
    return usage(`${name} requires a value: ${name} ${option.value}`, hint);
  }
  if (option.choices && !option.choices.includes(value)) {
    return usage(
      `${name} does not accept ${JSON.stringify(value)}${suggestion(value, option.choices)}`,
      `use one of ${option.choices.join(", ")}`,
    );
  }
  return value;
}

function wrongCount(
  entry: Entry,
  command: Command,
  operands: readonly string[],
): Failure | undefined {
  const [least, most] = command.count;
  const name = ["athm", ...entry.path].join(" ");
  if (operands.length < least) {
    return usage(`${name} requires ${entry.operands}`, `run ${name} --help for details`);
  }
  if (operands.length > most) {
    return usage(
      `unexpected argument ${JSON.stringify(operands[most])}`,
      `${name} accepts ${entry.operands || "options only"}`,
    );
  }
  return undefined;
}
