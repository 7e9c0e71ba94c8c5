/**
 * Characters that take two columns of a terminal: East Asian wide and fullwidth ones (UAX #11) and
 * emoji. The blocks are those of Unicode's EastAsianWidth, in whole blocks.
 */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

/** Made when it is needed: most texts are ASCII, and it takes a while. */
let segmenter: Intl.Segmenter | undefined;

/** Columns that a text takes on a terminal, if it holds no control characters. */
export function widthOf(text: string): number {
  // Nearly every text is ASCII, which needs no table.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return characters(text).reduce((sum, each) => sum + widthOfCharacter(each), 0);
}

/** The text in at most `width` columns; what was cut off is told by `…` in the last of them. */
export function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width < 1 ? "" : headOf(text, width - 1) + "…";
}

/** As much of the text's beginning as fits `width` columns. */
export function headOf(text: string, width: number): string {
  let head = "";
  let left = width;
  for (const each of characters(text)) {
    left -= widthOfCharacter(each);
    if (left < 0) break;
    head += each;
  }
  return head;
}

/** The text with spaces behind it, so that it takes `width` columns. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** A text from elsewhere, in which control characters cannot move a terminal's cursor. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "?");
}

function characters(text: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Of one character as a reader sees it, with all that combines with it. */
function widthOfCharacter(character: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
