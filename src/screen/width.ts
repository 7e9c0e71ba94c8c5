/** Takes two terminal columns: East Asian wide and fullwidth blocks (UAX #11), and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

/** Created on demand: it is slow to create, and most texts are ASCII. */
let segmenter: Intl.Segmenter | undefined;

/** Terminal columns of a text without control characters. */
export function widthOf(text: string): number {
  if (isPlain(text)) return text.length;
  return characters(text).reduce((sum, each) => sum + widthOfCharacter(each), 0);
}

/** One column per character, as nearly every text: then it needs no segmenter. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e…]*$/.test(text);
}

/** Truncates a text to `width` columns, with `…` in the last one. */
export function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width < 1 ? "" : headOf(text, width - 1) + "…";
}

export function headOf(text: string, width: number): string {
  if (isPlain(text)) return text.slice(0, Math.max(0, width));
  let head = "";
  let left = width;
  for (const each of characters(text)) {
    left -= widthOfCharacter(each);
    if (left < 0) break;
    head += each;
  }
  return head;
}

export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Replaces control characters, so that untrusted text cannot control the terminal. */
export function printable(text: string): string {
  if (isPlain(text)) return text;
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "?");
}

function characters(text: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function widthOfCharacter(character: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
