import { isName } from "./names.ts";

/** The name of the file that names a folder's profile. */
export const folderFileName = ".athm";

/** Bytes: a name has at most 64 characters, and the rest may be remarks. */
export const folderFileLimit = 4096;

/** What an allowed file is kept under. Names in the store ignore case, but paths may not. */
export function folderKey(path: string): string {
  return `folder ${new TextEncoder().encode(path).toHex()}`;
}

/**
 * The profile that the first line of a `.athm` file names, or what is wrong with the file, as the end
 * of a sentence. The file comes from the repository's author, and its path and name are printed
 * on a terminal: so text only, and a name only.
 */
export function parseFolderFile(
  bytes: Uint8Array,
): { readonly name: string } | { readonly problem: string } {
  if (bytes.length > folderFileLimit) {
    return { problem: `is larger than ${folderFileLimit} bytes` };
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { problem: "is not UTF-8 text" };
  }
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/.test(text)) {
    return { problem: "contains control characters" };
  }
  const [first = ""] = text.split(/\r?\n/, 1);
  return isName(first)
    ? { name: first }
    : { problem: "does not have the name of a profile, and nothing else, in its first line" };
}
