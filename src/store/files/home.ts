import { Failure, quote, usage } from "../../model/failure.ts";
import type { FileFacts } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import { damaged, type Subject } from "./refusals.ts";

/**
 * `ATHM_HOME`, or the system's folder for application data; may not exist yet.
 * @throws {Failure} `usage` if `ATHM_HOME` is not absolute, `files` if there is no such folder
 */
export function storeHome(system: System): string {
  const { env, platform } = system;
  const own = env.get("ATHM_HOME");
  if (own) {
    if (isAbsolute(system, own)) return own;
    // A relative path would be another store in every folder.
    throw usage(`ATHM_HOME must be an absolute path, not ${JSON.stringify(own)}`);
  }
  if (platform === "windows") return below(system, "LOCALAPPDATA", "athm");
  if (platform === "darwin") return below(system, "HOME", "Library", "Application Support", "athm");
  const data = env.get("XDG_DATA_HOME");
  if (data && isAbsolute(system, data)) return system.files.join(data, "athm");
  return below(system, "HOME", ".local", "share", "athm");
}

/** The same, or nothing if the system has no such folder: then nothing is stored. */
export function findStoreHome(system: System): string | undefined {
  try {
    return storeHome(system);
  } catch (error) {
    if (error instanceof Failure && error.code === "files") return undefined;
    throw error;
  }
}

function below(system: System, variable: string, ...parts: string[]): string {
  const base = system.env.get(variable);
  if (base && isAbsolute(system, base)) return system.files.join(base, ...parts);
  throw new Failure(
    "files",
    `no place for the store: ${variable} is not set to an absolute path`,
    "set ATHM_HOME to a folder for the store",
  );
}

function isAbsolute(system: System, path: string): boolean {
  return system.platform === "windows" ? /^([A-Za-z]:[\\/]|\\\\)/.test(path) : path.startsWith("/");
}

/**
 * True if the store's folder exists and only the user has access.
 *
 * @throws {Failure} `store-open` if it belongs to another user, others have access, or it is a
 * symbolic link, whose target may change unnoticed.
 */
export function homeExists(system: System, home: string): boolean {
  const facts = system.files.facts(home);
  if (!facts) return false;
  if (facts.kind !== "folder") {
    const kind = facts.kind === "link" ? "a symbolic link" : "not a folder";
    throw new Failure(
      "store-open",
      `the store's folder ${home} is ${kind}`,
      "set ATHM_HOME to the folder itself",
    );
  }
  refuseOthers(system, home, home, facts);
  return true;
}

/** Rejects a folder that others can access, or a link. @throws {Failure} `store-open` */
export function refuseOpenFolder(
  system: System,
  home: string,
  path: string,
  facts: FileFacts | undefined = system.files.facts(path),
): void {
  if (!facts) return;
  if (facts.kind !== "folder") {
    const kind = facts.kind === "link"
      ? "a symbolic link, which athm never creates"
      : "not a folder";
    throw new Failure(
      "store-open",
      `${path} is ${kind}`,
      "replace the link with the folder itself",
    );
  }
  refuseOthers(system, home, path, facts);
}

/**
 * The bytes of a file in the store, or nothing if it does not exist.
 *
 * @throws {Failure} `store-open` if it belongs to another user or others have access;
 * `store-damaged` if it is larger than `limit` or not a regular file.
 */
export function readOwn(
  system: System,
  home: string,
  subject: Subject,
  limit: number,
): Uint8Array<ArrayBuffer> | undefined {
  const facts = system.files.facts(subject.path);
  if (!facts) return undefined;
  if (facts.kind === "link") throw damaged(subject, "is a symbolic link, which athm never creates");
  if (facts.kind !== "file") throw damaged(subject, "is not a file");
  refuseOthers(system, home, subject.path, facts);
  if (facts.size > limit) throw damaged(subject, `has more than ${limit} bytes`);
  return system.files.read(subject.path);
}

/** Systems without user ids or modes pass. @throws {Failure} `store-open` */
export function refuseOthers(
  system: System,
  home: string,
  path: string,
  { owner, mode }: FileFacts,
): void {
  const own = system.userId();
  // As root, athm could open any user's store and would leave files that its owner cannot read.
  if (own !== undefined && owner !== undefined && owner !== own) {
    throw new Failure(
      "store-open",
      `${path} belongs to another user (uid ${owner}); athm runs as uid ${own}`,
      `run athm as that user, or take ownership: sudo chown -R ${own} ${quote(home)}`,
    );
  }
  if (mode === undefined || (mode & 0o077) === 0) return;
  const shown = (mode & 0o777).toString(8).padStart(4, "0");
  // One command fixes all files: a backup or copy rarely changes the mode of just one.
  const hint = `chmod -R go-rwx ${quote(home)}`;
  throw new Failure("store-open", `other users have access to ${path} (mode ${shown})`, hint);
}
