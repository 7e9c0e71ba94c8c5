/**
 * The commands in athm's own texts, by the list in `tests/fixtures/hint_commands.txt`.
 *
 * @module
 */

import { entries } from "../../src/commands/all_commands.ts";

const path = new URL("../fixtures/hint_commands.txt", import.meta.url);

const words = new Set(entries.map(({ path: [first] }) => first).concat("help", "version"));

/** Matches where a text names a command of athm, or makes one of a value. */
export const mention = new RegExp(
  `\\bathm (?:${[...words].join("|")})\\b|\\brun \\{|\\{portalCommand\\(`,
);

export interface Listed {
  /** As it stands in the source. */
  readonly text: string;
  /** With `«»` around each command; the same as the text where there is none. */
  readonly marked: string;
  readonly commands: readonly string[];
}

export const listed: readonly Listed[] = Deno.readTextFileSync(path).split("\n")
  .filter((line) => /^[+-] /.test(line))
  .map((line) => {
    const marked = line.slice(2).replaceAll("\\n", "\n");
    const commands = Array.from(marked.matchAll(/«([^»]*)»/g), ([, command = ""]) => command);
    if (line.startsWith("+") !== commands.length > 0) throw new Error(`+ or -? ${line}`);
    return { text: marked.replaceAll(/[«»]/g, ""), marked, commands };
  });

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** What a listed text becomes, with a group for each command. */
function pattern(marked: string, hole: string): string {
  return marked.split(/(\{[^}]*\}|[«»])/).map((part) =>
    part === "«" ? "(" : part === "»" ? ")" : part.startsWith("{") ? hole : escaped(part)
  ).join("");
}

/** From the most exact to the least: the texts with the most words of their own first. */
const patterns = [["^", "\\S*", "$"], ["^", ".*?", "$"], ["", "\\S*", ""]]
  .flatMap(([start = "", hole = "", end = ""]) =>
    listed.toSorted((a, b) => ownLength(b) - ownLength(a))
      .map(({ marked }) =>
        new RegExp(start + pattern(marked.replace(/^athm: hint: /, ""), hole) + end)
      )
  );

function ownLength({ text }: Listed): number {
  return text.replaceAll(/\{[^}]*\}/g, "").length;
}

/** The commands in a hint that was shown; nothing if it is not in the list. */
export function commandsIn(hint: string): string[] | undefined {
  for (const each of patterns) {
    const found = each.exec(hint);
    if (found) return found.slice(1);
  }
  return undefined;
}
