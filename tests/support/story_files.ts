/**
 * The files that a story leaves behind.
 *
 * @module
 */

/** A file, folder or link below a folder. */
export interface Entry {
  /** Relative, with `/` between the parts. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link" | "other";
  /** Permission bits. */
  readonly mode: number;
  /** A file's content as Latin-1, or a link's target; else empty. */
  readonly content: string;
}

const latin1 = new TextDecoder("latin1");

/** Everything below a folder, in the order of paths; links are not followed. */
export async function walk(root: string, below = ""): Promise<Entry[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(`${root}/${below}`)) names.push(entry.name);
  const found: Entry[] = [];
  for (const name of names.sort()) {
    const path = below === "" ? name : `${below}/${name}`;
    const full = `${root}/${path}`;
    const info = await Deno.lstat(full);
    const mode = (info.mode ?? 0) & 0o7777;
    if (info.isSymlink) {
      found.push({ path, kind: "link", mode, content: await Deno.readLink(full) });
    } else if (info.isDirectory) {
      found.push({ path, kind: "folder", mode, content: "" }, ...await walk(root, path));
    } else if (info.isFile) {
      found.push({ path, kind: "file", mode, content: latin1.decode(await Deno.readFile(full)) });
    } else {
      found.push({ path, kind: "other", mode, content: "" });
    }
  }
  return found;
}

/** `*` and `?` match within a folder, `**` across folders; other characters are literal. */
export function globPattern(glob: string): RegExp {
  const source = glob.replace(/\*\*\/?|\*|\?|[^*?]+/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    return part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, "u");
}

/** The entries that match a glob. */
export function matching(entries: readonly Entry[], glob: string): Entry[] {
  const pattern = globPattern(glob);
  return entries.filter((entry) => pattern.test(entry.path));
}
