/**
 * The strings in a TypeScript file: what it can print.
 *
 * @module
 */

/** Every string and template, in order; an expression in a template is `{expression}`. */
export function literalsOf(source: string): string[] {
  const found: string[] = [];
  let at = 0;

  /** Code up to its end, or to the brace that closes a template's expression. */
  function code(isExpression: boolean): void {
    let depth = 0;
    // The code before this place, as far as it tells a regular expression from a division.
    let before = "";
    while (at < source.length) {
      const char = source[at] ?? "";
      const two = source.slice(at, at + 2);
      if (two === "//") at = endOf("\n", at);
      else if (two === "/*") at = endOf("*/", at + 2);
      else if (/\s/.test(char)) at++;
      else {
        if (char === "`") template();
        else if (char === '"' || char === "'") quoted(char);
        else if (char === "/" && /^$|[(,=:[!&|?{;>+]$|\breturn$/.test(before)) regex();
        else {
          if (char === "{") depth++;
          if (char === "}" && depth-- === 0 && isExpression) return;
          at++;
        }
        before = (before + char).slice(-8);
      }
    }
  }

  function endOf(text: string, from: number): number {
    const end = source.indexOf(text, from);
    return end < 0 ? source.length : end + text.length;
  }

  function escaped(): string {
    const char = source[at + 1] ?? "";
    at += 2;
    return char === "n" ? "\n" : char === "\n" ? "" : char;
  }

  function quoted(quote: string): void {
    let text = "";
    for (at++; source[at] !== quote;) {
      if (source[at] === "\\") text += escaped();
      else if (at >= source.length || source[at] === "\n") throw new Error(`open string: ${text}`);
      else text += source[at++];
    }
    at++;
    found.push(text);
  }

  function template(): void {
    const place = found.push("") - 1;
    let text = "";
    for (at++; source[at] !== "`";) {
      if (at >= source.length) throw new Error(`open template: ${text}`);
      if (source[at] === "\\") text += escaped();
      else if (source.startsWith("${", at)) {
        const start = at += 2;
        code(true);
        text += `{${source.slice(start, at++).trim().replaceAll(/\s+/g, " ")}}`;
      } else text += source[at++];
    }
    at++;
    found[place] = text;
  }

  function regex(): void {
    for (let inClass = false, open = true; open;) {
      const char = source[++at];
      if (char === undefined || char === "\n") {
        throw new Error(`open regular expression: ${source.slice(at - 80, at)}`);
      }
      if (char === "\\") at++;
      else if (char === "[") inClass = true;
      else if (char === "]") inClass = false;
      else if (char === "/" && !inClass) open = false;
    }
    at++;
  }

  code(false);
  return found;
}
