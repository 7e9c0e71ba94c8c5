import { Failure } from "../model/failure.ts";
import { isJsonObject } from "../model/fields.ts";

/** What Docker runs: the program `docker-credential-athm`. */
export const helperName = "athm";

/** Bytes. */
export const dockerConfigLimit = 2 ** 20;

/** Sets the credential helper of these registries; the rest of the file stays, in its order. */
export function withHelpers(text: string, path: string, hosts: readonly string[]): string {
  const config = parsed(text, path);
  const helpers = Object.fromEntries(hosts.map((host) => [host, helperName]));
  return printed({ ...config, credHelpers: { ...helpersIn(config, path), ...helpers } }, text);
}

/** Removes athm as the helper of these registries, and returns those that had it. */
export function withoutHelpers(
  text: string,
  path: string,
  hosts: readonly string[],
): { readonly text: string; readonly removed: readonly string[] } {
  const config = parsed(text, path);
  const helpers = helpersIn(config, path);
  const removed = hosts.filter((host) => helpers[host] === helperName);
  if (!removed.length) return { text, removed };
  const left = Object.entries(helpers).filter(([host]) => !removed.includes(host));
  const { credHelpers: _, ...rest } = config;
  const next = left.length ? { ...config, credHelpers: Object.fromEntries(left) } : rest;
  return { text: printed(next, text), removed };
}

function parsed(text: string, path: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    // Reported below, without the parser's quotation of the file.
  }
  if (isJsonObject(config)) return config;
  throw new Failure("files", `${path} is not a JSON object, as Docker requires`, "fix the file");
}

function helpersIn(
  { credHelpers = {} }: Readonly<Record<string, unknown>>,
  path: string,
): Readonly<Record<string, unknown>> {
  if (isJsonObject(credHelpers)) return credHelpers;
  throw new Failure("files", `credHelpers in ${path} is not a JSON object`, "fix the file");
}

/** With the file's own indentation, or Docker's. */
function printed(config: unknown, text: string): string {
  const [, indent = "\t"] = /\n([ \t]+)"/.exec(text) ?? [];
  return JSON.stringify(config, undefined, indent) +
    (text === "" || text.endsWith("\n") ? "\n" : "");
}
