import { usage } from "./failure.ts";

const pattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

export function isName(text: string): boolean {
  return pattern.test(text);
}

/** 1 to 64 of `A-Z a-z 0-9 . _ @ -`, not beginning with a sign. @throws {Failure} `usage` */
export function parseName(text: string, what = "profile name"): string {
  if (!isName(text)) {
    throw usage(
      `${JSON.stringify(text.slice(0, 80))} is not a valid ${what}`,
      "use 1 to 64 letters, digits, dots, underscores, at signs and dashes, starting with a letter or digit",
    );
  }
  return text;
}

/** The same for the label of a client of `athm serve`. @throws {Failure} `usage` */
export function parseLabel(text: string): string {
  return parseName(text, "label");
}

/** Equal for names that differ only in case, which mean the same profile. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

/**
 * The entry of `known` that a mistyped or abbreviated `word` means: the only one that begins with
 * it, else the closest one if it is close enough to suggest.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const texts = [...known];
  const begun = texts.filter((text) => text.toLowerCase().startsWith(word.toLowerCase()));
  if (word.length > 1 && begun.length === 1) return begun[0];
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { text: string; distance: number } | undefined;
  for (const text of texts) {
    const distance = editDistance(word.toLowerCase(), text.toLowerCase(), limit);
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { text, distance };
  }
  return best?.text;
}

/** ` (did you mean "x"?)`, or empty if no known word is close. */
export function suggestion(word: string, known: Iterable<string>): string {
  const text = nearest(word, known);
  return text === undefined ? "" : ` (did you mean ${JSON.stringify(text)}?)`;
}

/** Counts insertions, deletions, replacements and swaps of adjacent characters, up to `limit + 1`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (next[j - 1] ?? 0) + 1,
        (row[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? limit + 1;
}
