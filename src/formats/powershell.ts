import type { ShellFormat } from "./format.ts";

/**
 * Text as a PowerShell expression in printable ASCII: single-quoted strings with doubled quotes, and
 * numbers for all other UTF-16 code units. PowerShell also treats typographic quotes as quotes, decodes
 * the output of programs with the console's code page, and splits it into lines.
 * https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
 */
export function quotePowershell(text: string): string {
  const parts = text.split(/([^\x20-\x7e])/).map((part, index) =>
    index % 2 ? `[char]${part.charCodeAt(0)}` : `'${part.replaceAll("'", "''")}'`
  );
  // Start with a string, so that + concatenates.
  return parts.filter((part, index) => index === 0 || part !== "''").join(" + ");
}

/** For `Invoke-Expression` in PowerShell on any system. */
export const powershell: ShellFormat = {
  name: "powershell",
  help: "PowerShell",
  load: "athm aws export example --format powershell | Out-String | Invoke-Expression",
  print: ({ set, unset }) =>
    remove(unset) +
    Object.entries(set).map(([name, value]) => `$Env:${name} = ${quotePowershell(value)}\n`)
      .join(""),
  remove,
};

function remove(names: readonly string[]): string {
  return names.map((name) => `Remove-Item -LiteralPath Env:${name} -ErrorAction SilentlyContinue\n`)
    .join("");
}
