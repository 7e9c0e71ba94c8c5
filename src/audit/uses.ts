import { isJsonObject } from "../model/json_object.ts";
import type { System } from "../system/system.ts";
import { logName } from "./log.ts";

/** Bytes of the log's end that are looked at: some hundreds of its lines. */
const looked = 128 * 1024;
const day = 86_400_000;
/** A day's use counts half of a day's that is two weeks younger. */
const halfLife = 14 * day;

/** When a profile was used, in milliseconds since 1970. */
export interface Use {
  readonly profile: string;
  readonly at: number;
}

/**
 * How much each profile is used, from the end of the log of sign-ins and renewals: nothing is counted for
 * this, so that the use of a kept session costs no write. The log is not verified here, since all that
 * depends on it is an order.
 *
 * @returns by the profile's name in lower case
 * @throws {Failure} `files`
 */
export function usageOf({ files, now }: System, home: string): ReadonlyMap<string, number> {
  const bytes = files.readEnd(files.join(home, logName(0)), looked) ?? new Uint8Array();
  const uses = new TextDecoder().decode(bytes).split("\n").flatMap(useIn);
  return weights(uses, now());
}

function useIn(line: string): Use[] {
  try {
    const value: unknown = JSON.parse(line);
    if (!isJsonObject(value)) return [];
    const { profile, time, event } = value;
    const at = typeof time === "string" ? Date.parse(time) : NaN;
    return typeof profile === "string" && !Number.isNaN(at) && event !== "rm"
      ? [{ profile, at }]
      : [];
  } catch {
    return []; // the first line is cut, and others may be damaged
  }
}

/**
 * Days on which a profile was used, the younger ones counting more. Days and not uses: sessions of an
 * hour are renewed more often than sessions of twelve, whatever is done with them.
 */
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
