import type { Format } from "./format.ts";

/**
 * Text as an expression of PowerShell in printable ASCII: a single-quoted string, in which the quote
 * alone is doubled, and every other UTF-16 unit by its number. PowerShell takes typographic quotes
 * for quotes too, decodes what programs print by the console's code page, and hands it on in lines.
 * https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
 */
export function quotePowershell(text: string): string {
  const parts = text.split(/([^\x20-\x7e])/).map((part, index) =>
    index % 2 ? `[char]${part.charCodeAt(0)}` : `'${part.replaceAll("'", "''")}'`
  );
  // A string stands first, so that what follows is joined to it and not added up.
  return parts.filter((part, index) => index === 0 || part !== "''").join(" + ");
}

/** For `Invoke-Expression` in PowerShell, of Windows and every other system. */
export const powershell: Format = {
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
