import { type Format, unsayable } from "./format.ts";

/**
 * What cmd reads alike at the prompt, in a batch file and from `for /f`, with delayed expansion or
 * without: printable ASCII but `%` and `!`, which name variables, and the double quote. Between
 * quotes `^ & | < > ( )` stand for themselves.
 * https://learn.microsoft.com/windows-server/administration/windows-commands/cmd
 */
const certain = /^[\x20\x23\x24\x26-\x7e]+$/;

/**
 * For the Command Prompt of Windows.
 *
 * Nothing escapes `%` and `!` in all of these places, so a value that has them is refused.
 */
export const cmd: Format = {
  name: "cmd",
  help: "cmd, of Windows",
  load: `for /f "delims=" %i in ('athm aws export example --format cmd') do @%i`,
  print: ({ set, unset }) =>
    remove(unset) + Object.entries(set).map(([name, value]) => {
      if (!certain.test(value)) throw unsayable("cmd", name);
      return `set "${name}=${value}"\r\n`;
    }).join(""),
  remove,
};

function remove(names: readonly string[]): string {
  return names.map((name) => `set "${name}="\r\n`).join("");
}
