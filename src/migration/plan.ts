import { Failure } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";
import type { Profile } from "../model/profile.ts";

export interface Incoming {
  readonly from: string;
  readonly name: string;
  readonly roleArn: string | undefined;
  /** Absent in a dry run that opens no secrets. */
  readonly profile: Profile | undefined;
}

export interface Skipped {
  readonly from: string;
  /** A clause to print after a colon. */
  readonly why: string;
  /** True if it was requested. */
  readonly failed: boolean;
}

export interface Plan {
  readonly incoming: readonly Incoming[];
  readonly skipped: readonly Skipped[];
}

export type Roster = ReadonlyMap<string, Profile>;

export function rosterOf(profiles: readonly Profile[]): Roster {
  return new Map(profiles.map((profile) => [nameKey(profile.name), profile]));
}

/** Records one item's failure; rethrows programming errors. */
export function failedOne(from: string, error: unknown): Skipped {
  if (!(error instanceof Failure)) throw error;
  return { from, why: error.message, failed: true };
}
