import { sameText } from "../../model/constant_time.ts";
import { Secret } from "../../model/secret.ts";

/** The code, or why the text is not valid: truncated, misread, or from another sign-in. */
export type PastedCode = { readonly code: Secret } | "incomplete" | "foreign";

/** In characters: a code has at most 512, and a state 43. */
const longest = 4096;
const longestCode = 512;

/**
 * Reads what the console's confirmation page shows: `state=…&code=…` in base64. Spaces and line
 * breaks from copying are ignored.
 */
export function readPastedCode(text: string, state: string): PastedCode {
  const pasted = text.slice(0, longest + 1).replace(/\s+/g, "");
  if (pasted === "" || pasted.length > longest) return "incomplete";
  const values = new URLSearchParams(decoded(pasted) ?? "");
  const [states, codes] = [values.getAll("state"), values.getAll("code")];
  const [code = ""] = codes;
  const isWhole = states.length === 1 && codes.length === 1 && code.length <= longestCode &&
    /^[\x21-\x7e]+$/.test(code);
  if (!isWhole) return "incomplete";
  return sameText(states[0] ?? "", state) ? { code: new Secret(code) } : "foreign";
}

function decoded(base64: string): string | undefined {
  const plain = base64.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/");
  try {
    const bytes = Uint8Array.fromBase64(plain, { lastChunkHandling: "loose" });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
