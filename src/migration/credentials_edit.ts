import { joined, linesOf } from "./lines.ts";

/** The keys of the two halves. */
const halves = ["aws_access_key_id", "aws_secret_access_key"];

export interface Edited {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly removed: readonly string[];
  readonly left: readonly { readonly name: string; readonly why: string }[];
}

interface CredentialsLine {
  readonly bytes: Uint8Array;
  readonly header?: string;
  readonly key?: string;
}

interface Block {
  readonly name: string | undefined;
  readonly lines: CredentialsLine[];
}

/**
 * Removes the keys of these sections, and headers without other settings; all other bytes are
 * unchanged. Keeps sections that are ambiguous.
 */
export function withoutKeys(bytes: Uint8Array, names: readonly string[]): Edited {
  const blocks = blocksOf(bytes);
  const gone = new Set<CredentialsLine>();
  const removed: string[] = [];
  const left: { name: string; why: string }[] = [];
  for (const name of names) {
    const own = blocks.filter((block) => block.name === name);
    const lines = own.flatMap((block) => block.lines);
    const keys = halves.map((half) => lines.filter(({ key }) => key === half));
    if (own.length !== 1 || keys.some((found) => found.length !== 1)) {
      const why = own.length === 0 ? "section not found" : "the file contains its keys twice";
      left.push({ name, why });
      continue;
    }
    for (const line of keys.flat()) gone.add(line);
    const stays = lines.some((line) => line.key !== undefined && !gone.has(line));
    if (!stays) { for (const line of lines) if (line.header !== undefined) gone.add(line); }
    removed.push(name);
  }
  const kept = blocks.flatMap((block) => block.lines).filter((line) => !gone.has(line));
  return { bytes: joined(kept.map((line) => line.bytes)), removed, left };
}

/** Lines by section; those before the first header have none. */
function blocksOf(bytes: Uint8Array): Block[] {
  let block: Block = { name: undefined, lines: [] };
  const blocks = [block];
  let group: string | undefined; // a setting with indented values below it
  for (const raw of linesOf(bytes)) {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(raw).replace(/\r?\n$/, "");
    const trimmed = (text.split(/(^|\s)[;#]/)[0] ?? "").trim();
    if (/^\[.*\]$/s.test(trimmed)) {
      const header = trimmed.slice(1, -1);
      group = undefined;
      block = { name: header, lines: [{ bytes: raw, header }] };
      blocks.push(block);
      continue;
    }
    const cut = trimmed.indexOf("=");
    if (cut < 1) {
      block.lines.push({ bytes: raw });
      continue;
    }
    const own = trimmed.slice(0, cut).trim();
    if (trimmed.slice(cut + 1).trim() === "") group = own;
    else if (text.trimStart() === text) group = undefined;
    block.lines.push({ bytes: raw, key: group === undefined ? own : `${group}.${own}` });
  }
  return blocks;
}
