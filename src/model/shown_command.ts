import { quote } from "./failure.ts";
import { looksSecret } from "./looks_secret.ts";

/** Characters of a word, and of all. */
const longest = { word: 80, line: 320 };

const secretName = /(?:pass(?:word|phrase|wd)?|secret|token|api[-_]?key|authorization)/i.source;
const option = new RegExp(`^--?[\\w-]*${secretName}$`, "i");
const assignment = new RegExp(`^(-{0,2}[\\w.-]*${secretName}[\\w-]*=)\\S*$`, "i");
const inside = new RegExp(`${secretName}["']?\\s*[=:]|://[^/\\s:@]+:[^/\\s@]+@`, "i");

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

const hidden = "***";

function shownWord(word: string, before: string): string {
  const name = assignment.exec(word)?.[1];
  if (name !== undefined) return plain(name) + hidden;
  if (option.test(before) || looksSecret(word) || inside.test(word)) return hidden;
  const clean = plain(word);
  const cut = clean.length > longest.word
    ? `${clean.slice(0, longest.word)}… (${clean.length - longest.word} more characters)`
    : clean;
  return quote(cut);
}

/** Without control characters, and those that only change how others are shown. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}
