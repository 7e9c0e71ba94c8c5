/** An object of an answer, of which nothing is known yet. */
export type Foreign = Readonly<Record<string, unknown>>;

/** Visible ASCII: what tokens, keys and identifiers are made of, and what a header may carry. */
const visible = /^[\x21-\x7e]+$/;

/** A token, key or identifier of at most `longest` characters; nothing when it is not one. */
export function tokenIn(body: Foreign, name: string, longest: number): string | undefined {
  const value = ownIn(body, name);
  if (typeof value !== "string" || value.length > longest) return undefined;
  return visible.test(value) ? value : undefined;
}

/** A name for people: on one line, without control characters, cut at 256 characters. */
export function nameIn(body: Foreign, name: string): string | undefined {
  const value = ownIn(body, name);
  if (typeof value !== "string") return undefined;
  const line = value.slice(0, 1024).replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return [...line].slice(0, 256).join("") || undefined;
}

/** A finite number; nothing when it is not one. */
export function numberIn(body: Foreign, name: string): number | undefined {
  const value = ownIn(body, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The objects of a list of at most `most`; nothing when it is not such a list. */
export function listIn(body: Foreign, name: string, most: number): Foreign[] | undefined {
  const value = ownIn(body, name);
  if (!Array.isArray(value) || value.length > most) return undefined;
  return value.every(isObject) ? value : undefined;
}

export function objectIn(body: Foreign, name: string): Foreign | undefined {
  const value = ownIn(body, name);
  return isObject(value) ? value : undefined;
}

function ownIn(body: Foreign, name: string): unknown {
  return Object.hasOwn(body, name) ? body[name] : undefined;
}

function isObject(value: unknown): value is Foreign {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
