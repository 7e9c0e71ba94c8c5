import type { ShellFormat } from "./format.ts";

/**
 * Quotes text as one word for a POSIX shell. Between single quotes, only the single quote is special
 * (POSIX.1-2024, Shell Command Language 2.2.2), so no content can run as code.
 */
export function quoteSh(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** For `eval` in sh, bash, dash, ksh and zsh. */
export const sh: ShellFormat = {
  name: "sh",
  help: "sh, bash, dash, ksh, zsh",
  load: 'eval "$(athm aws export example)"',
  print: ({ set, unset }) =>
    (unset.length ? `unset ${unset.join(" ")}\n` : "") +
    Object.entries(set).map(([name, value]) => `export ${name}=${quoteSh(value)}\n`).join(""),
  remove: (names) => `unset ${names.join(" ")}\n`,
};
