import { isJsonObject, type JsonObject } from "../model/json_object.ts";

/** Visible ASCII: what tokens, keys and identifiers are made of, and what a header may carry. */
const visible = /^[\x21-\x7e]+$/;

/** A token, key or identifier of at most `longest` characters; nothing when it is not one. */
export function tokenIn(body: JsonObject, name: string, longest: number): string | undefined {
  const value = ownIn(body, name);
  if (typeof value !== "string" || value.length > longest) return undefined;
  return visible.test(value) ? value : undefined;
}

/** A name for people: on one line, without control characters, cut at 256 characters. */
export function nameIn(body: JsonObject, name: string): string | undefined {
  const value = ownIn(body, name);
  if (typeof value !== "string") return undefined;
  const line = value.slice(0, 1024).replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return [...line].slice(0, 256).join("") || undefined;
}

/** A finite number; nothing when it is not one. */
export function numberIn(body: JsonObject, name: string): number | undefined {
  const value = ownIn(body, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The objects of a list of at most `most`; nothing when it is not such a list. */
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
