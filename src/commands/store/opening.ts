import { Failure } from "../../model/failure.ts";
import type { Profile } from "../../model/profile.ts";
import { sharedSignIn } from "../../session/sign_in/user_session.ts";
import { storeHome } from "../../store/files/home.ts";
import { readStoreFile, type StoreFile } from "../../store/store_file.ts";
import type { System } from "../../system/system.ts";

/** Reads `store.json`. @throws {Failure} `not-found` if there is no store */
export function storeFileOf(system: System): StoreFile {
  const home = storeHome(system);
  const file = readStoreFile(system, home);
  if (file) return file;
  throw new Failure("not-found", `no store in ${home}`, "run athm aws add NAME to create one");
}

export async function sharedNames(profiles: readonly Profile[]): Promise<readonly string[]> {
  const ids = await Promise.all(profiles.map((each) => sharedSignIn(each)));
  return [...new Set(ids.flatMap((id) => id ? [id.name] : []))];
}

export function counted(profiles: number, sessions: number): string {
  const some = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
  return `${some(profiles, "profile")} and ${some(sessions, "session")}`;
}
