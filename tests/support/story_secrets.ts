/**
 * Searches for secrets where there must be none.
 *
 * @module
 */

/** Search for long secrets in pieces of this many characters, to find truncated ones too. */
const pieceLength = 48;

const utf8 = new TextEncoder();

/**
 * Text in base64 as it appears inside the base64 of longer text: at each of the three offsets,
 * without the characters that also depend on adjacent text.
 */
function base64Inside(text: string): string[] {
  return [0, 1, 2].map((offset) => {
    const bytes = new Uint8Array([...new Uint8Array(offset), ...utf8.encode(text)]);
    const first = offset === 0 ? 0 : offset + 1;
    return bytes.toBase64().slice(first, Math.floor((bytes.length * 8) / 6));
  });
}

function pieces(secret: string): string[] {
  if (secret.length <= pieceLength) return [secret];
  const starts = Array.from(
    { length: Math.floor(secret.length / pieceLength) },
    (_, index) => index * pieceLength,
  );
  return starts.map((start) => secret.slice(start, start + pieceLength));
}

/** Every encoding of a secret: itself, base64, base64url, percent, JSON, hex. */
export function secretForms(secret: string): string[] {
  const forms = pieces(secret).flatMap((piece) => {
    const base64 = base64Inside(piece);
    return [
      piece,
      ...base64,
      ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
      encodeURIComponent(piece),
      encodeURIComponent(piece).toLowerCase(),
      JSON.stringify(piece).slice(1, -1),
      piece.replaceAll("/", "\\/"),
      utf8.encode(piece).toHex(),
    ];
  });
  return [...new Set(forms)];
}

/** Searches for all encodings of many secrets; caches the encodings. */
export interface SecretFinder {
  /** Whether the text contains one of the secrets in some encoding. */
  found(text: string): boolean;
  /** The text with every secret replaced, for failure messages. */
  blank(text: string): string;
}

/** Searches for what `secrets` returns at the time of each call. */
export function secretFinder(secrets: () => readonly string[]): SecretFinder {
  const known = new Map<string, readonly string[]>();
  const forms = () =>
    secrets().flatMap((secret) => {
      const these = known.get(secret) ?? secretForms(secret);
      known.set(secret, these);
      return these;
    });
  return {
    found: (text) => text !== "" && forms().some((form) => text.includes(form)),
    blank: (text) => forms().reduce((rest, form) => rest.replaceAll(form, "[SECRET]"), text),
  };
}
