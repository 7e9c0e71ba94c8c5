import { Failure } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";
import type { Profile } from "../model/profile.ts";

/** A profile that another tool's files describe. */
export interface Incoming {
  /** What it is called there. */
  readonly from: string;
  /** What it is called here. */
  readonly name: string;
  readonly roleArn: string | undefined;
  /** Absent in a dry run over secrets that were not opened. */
  readonly profile: Profile | undefined;
}

/** What does not come, and why. */
export interface Skipped {
  readonly from: string;
  /** One clause, after a colon. */
  readonly why: string;
  /** True where it was asked for and could not be done. */
  readonly failed: boolean;
}

/** What an import would do. A profile stands after those that it stands on. */
export interface Plan {
  readonly incoming: readonly Incoming[];
  readonly skipped: readonly Skipped[];
}

/** The profiles that athm has already, by `nameKey`. */
export type Roster = ReadonlyMap<string, Profile>;

/** Profiles as a roster. */
export function rosterOf(profiles: readonly Profile[]): Roster {
  return new Map(profiles.map((profile) => [nameKey(profile.name), profile]));
}

/** What went wrong with one of many, in place of it; a mistake in athm itself goes through. */
export function failedOne(from: string, error: unknown): Skipped {
  if (!(error instanceof Failure)) throw error;
  return { from, why: error.message, failed: true };
}
