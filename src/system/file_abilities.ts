import type { Platform } from "./system.ts";

/** What network or container file systems may lack. */
export type Ability = "locks" | "sync";

/** The error numbers: errno(3) and Windows system error codes. */
const numbers: Readonly<Record<Platform, Readonly<Record<Ability, readonly number[]>>>> = {
  // ENOLCK, ENOSYS, EOPNOTSUPP; of fsync(2) EINVAL too
  linux: { locks: [37, 38, 95], sync: [22, 38, 95] },
  // ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP; of fsync(2) EINVAL too
  darwin: { locks: [77, 78, 45, 102], sync: [22, 78, 45, 102] },
  // ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED
  windows: { locks: [1, 50], sync: [1, 50] },
};

/** The consequence, as a warning. */
export const withoutAbility: Readonly<Record<Ability, string>> = {
  locks: "this file system does not support locks: processes may each sign in at the same time," +
    " and concurrent changes may be lost; set ATHM_HOME to a folder on another one",
  sync: "this file system does not support fsync: a power failure may lose" +
    " the last change; set ATHM_HOME to a folder on another one",
};

/** True if the runtime's error says that the file system lacks the ability. */
export function lacks(platform: Platform, ability: Ability, error: unknown): boolean {
  const text = error instanceof Error ? error.message : "";
  const number = /\(os error (\d+)\)/.exec(text)?.[1];
  return number !== undefined && numbers[platform][ability].includes(Number(number));
}
