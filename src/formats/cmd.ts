import { type Format, unsayable } from "./format.ts";

/**
 * Characters that cmd reads literally between quotes at the prompt, in a batch file and from `for /f`,
 * with or without delayed expansion: printable ASCII except `%` and `!`, which expand variables, and
 * the double quote.
 * https://learn.microsoft.com/windows-server/administration/windows-commands/cmd
 */
const certain = /^[\x20\x23\x24\x26-\x7e]+$/;

/**
 * For the Command Prompt of Windows.
 *
 * No escape for `%` and `!` works in all of these places, so values that contain them are rejected.
 */
export const cmd: Format = {
  name: "cmd",
  help: "Windows cmd",
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
