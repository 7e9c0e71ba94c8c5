import { headOf, widthOf } from "./width.ts";

/** Wraps between words: the first line to `first` columns, others to `rest`. Splits wider words. */
export function folded(text: string, first: number, rest: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  let room = Math.max(1, first);
  const end = () => {
    lines.push(line.trimEnd());
    line = "";
    room = Math.max(1, rest);
  };
  for (const piece of text.match(/ *[^ ]+/g) ?? []) {
    let word = line === "" && lines.length ? piece.trimStart() : piece;
    if (line !== "" && widthOf(line + word) > room) {
      end();
      word = piece.trimStart();
    }
    while (widthOf(word) > room) {
      const head = headOf(word, room);
      if (head === "") break; // a wide character in a terminal of one column
      line = head;
      word = word.slice(head.length);
      end();
    }
    line += word;
  }
  if (line !== "" || !lines.length) end();
  return lines;
}
