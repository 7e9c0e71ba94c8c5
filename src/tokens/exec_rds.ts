import type { System } from "../system/system.ts";
import { type OwnSession, regionOf } from "./place.ts";
import { databaseToken, databaseVariables, parseDatabase } from "./rds.ts";

/** Variables for a child that connects to a database. */
export type Connecting = (
  system: System,
  from: OwnSession,
  region: string | undefined,
) => Promise<Record<string, string>>;

/** For `exec --rds`. @throws {Failure} `usage`, before anything signs in */
export function connecting(text: string): Connecting {
  const database = parseDatabase(text);
  return async (system, from, region) => {
    const token = await databaseToken(
      system,
      from,
      database,
      regionOf(system, from.profile, region),
    );
    return databaseVariables(database, token, system);
  };
}
