import { isJsonObject, type JsonObject } from "../model/fields.ts";

/** Visible ASCII: legal in tokens, keys, identifiers and headers. */
const visible = /^[\x21-\x7e]+$/;

/** A token, key or identifier of at most `longest` characters, or nothing. */
export function tokenIn(body: JsonObject, name: string, longest: number): string | undefined {
  const value = ownIn(body, name);
  if (typeof value !== "string" || value.length > longest) return undefined;
  return visible.test(value) ? value : undefined;
}

/** A display name on one line, without control characters, cut at 256 characters. */
export function nameIn(body: JsonObject, name: string): string | undefined {
  const value = ownIn(body, name);
  if (typeof value !== "string") return undefined;
  const line = value.slice(0, 1024).replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return [...line].slice(0, 256).join("") || undefined;
}

export function numberIn(body: JsonObject, name: string): number | undefined {
  const value = ownIn(body, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A list of at most `most` objects, or nothing. */
export function listIn(body: JsonObject, name: string, most: number): JsonObject[] | undefined {
  const value = ownIn(body, name);
  if (!Array.isArray(value) || value.length > most) return undefined;
  return value.every(isJsonObject) ? value : undefined;
}

export function objectIn(body: JsonObject, name: string): JsonObject | undefined {
  const value = ownIn(body, name);
  return isJsonObject(value) ? value : undefined;
}

function ownIn(body: JsonObject, name: string): unknown {
  return Object.hasOwn(body, name) ? body[name] : undefined;
}
