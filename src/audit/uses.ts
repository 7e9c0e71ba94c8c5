import { isJsonObject } from "../model/fields.ts";
import type { System } from "../system/system.ts";
import { logName } from "./log.ts";

/** Bytes read from the end of the log: a few hundred lines, or more if they tell of few uses. */
const looked = [128 * 1024, 2 * 1024 * 1024];
const enough = 100;
/** Events of a profile that are no use of it. */
const unused: ReadonlySet<unknown> = new Set(["rm", "import", "serve-refused", "deny"]);
const day = 86_400_000;
/** A day counts half as much as a day two weeks later. */
const halfLife = 14 * day;

export interface Use {
  readonly profile: string;
  readonly at: number;
}

/**
 * From sign-ins and renewals in the log, unverified: only a sort order depends on it.
 * @returns weights by lowercase profile name
 */
export function usageOf({ files, now }: System, home: string): ReadonlyMap<string, number> {
  let uses: readonly Use[] = [];
  for (const length of looked) {
    const bytes = files.readEnd(files.join(home, logName(0)), length) ?? new Uint8Array();
    uses = new TextDecoder().decode(bytes).split("\n").flatMap(useIn);
    if (uses.length >= enough || bytes.length < length) break;
  }
  return weights(uses, now());
}

function useIn(line: string): Use[] {
  try {
    const value: unknown = JSON.parse(line);
    if (!isJsonObject(value)) return [];
    const { profile, time, event } = value;
    const at = typeof time === "string" ? Date.parse(time) : NaN;
    return typeof profile === "string" && !Number.isNaN(at) && !unused.has(event)
      ? [{ profile, at }]
      : [];
  } catch {
    return []; // the first line may be partial, others damaged
  }
}

/** Counts days, recent ones more, not uses: one-hour sessions are renewed more than longer ones. */
export function weights(uses: readonly Use[], now: number): ReadonlyMap<string, number> {
  const days = new Set(
    uses.map(({ profile, at }) =>
      `${profile.toLowerCase()}\n${Math.floor(Math.min(at, now) / day)}`
    ),
  );
  const sums = new Map<string, number>();
  for (const each of days) {
    const [name = "", number] = each.split("\n");
    const age = Math.max(0, now - Number(number) * day);
    sums.set(name, (sums.get(name) ?? 0) + 0.5 ** (age / halfLife));
  }
  return sums;
}
