import { quote } from "./failure.ts";
import { withoutKeys } from "./looks_secret.ts";

/** Characters of a word, and of all. */
const longest = { word: 80, line: 320 };

const hidden = "***";

const secretName = "(?:pass(?:word|phrase|wd)?|secret|token|api[-_]?key|authorization|" +
  "secret_?access_?key|session_?token)";
/** An option or setting whose value is the next word. */
const option = new RegExp(
  `^(?:--?[\\w-]*${secretName}|\\w*(?:secret_?access_?key|session_?token))$`,
  "i",
);
/**
 * A value ends at white space, a quote or a shell operator: what follows may be a command, which the
 * person must see, even if a part of an odd password is then shown too.
 */
const value = "(?:\\\\[\"']|[^\\s\"'`;|&<>()])+";
const inside: readonly RegExp[] = [
  // An HTTP header has the scheme first.
  `(authorization["'\\\\]{0,2}\\s{0,8}:\\s{0,8}["'\\\\]{0,2})[a-z][a-z0-9-]{0,40} +${value}`,
  // In an ARN, it is part of a name.
  `((?<!\\barn:[\\w:/.*-]{0,200})${secretName}["'\\\\]{0,2}\\s{0,8}:\\s{0,8}["'\\\\]{0,2})${value}`,
  // In a shell, a command may follow the white space after `=`.
  `(${secretName}[\\w-]{0,40}["'\\\\]{0,2}(?:=|\\s{1,8}=\\s{0,8})["'\\\\]{0,2})${value}`,
  `(--?[\\w-]{0,40}${secretName}[ \\t]{1,8}["'\\\\]{0,2})(?!-)${value}`,
  `(://[^/\\s:@]{0,200}:)[^\\s"'\`;|&<>()/]+(?=@)`,
].map((text) => new RegExp(text, "gi"));

/**
 * A command line for a person who decides about it: without what looks like a secret, without
 * characters that could hide or fake a part of it, and cut, saying so.
 */
export function shownCommand(words: readonly string[]): string {
  let line = "";
  for (const [at, word] of words.entries()) {
    const next = `${line}${line && " "}${shownWord(word, words[at - 1] ?? "")}`;
    if (next.length > longest.line) {
      const left = words.length - at;
      return `${line} … (${left} more ${left === 1 ? "word" : "words"})`;
    }
    line = next;
  }
  return line;
}

function shownWord(word: string, before: string): string {
  if (option.test(before)) return hidden;
  const clean = plain(masked(word));
  const cut = clean.length > longest.word
    ? `${clean.slice(0, longest.word)}… (${clean.length - longest.word} more characters)`
    : clean;
  // The mask itself needs no quotes.
  const rest = cut.replaceAll(hidden, "x");
  return quote(rest) === rest ? cut : quote(cut);
}

/** Everything but the secrets: a word may be a whole script. */
function masked(word: string): string {
  return inside.reduce(
    (text, each) => text.replaceAll(each, `$1${hidden}`),
    withoutKeys(word, hidden),
  );
}

/** Without control characters, and those that only change how others are shown. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}
