import { sha256, signatureOf, timestamp } from "../aws/sigv4.ts";
import { findRegionPartition } from "../model/partitions.ts";
import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import { awsNow, type OwnSession } from "./place.ts";

/** Milliseconds for which CodeCommit accepts a password. */
const passwordLife = 15 * 60_000;

/** Bytes that Git may send. */
export const gitInputLimit = 64 * 1024;

export interface GitRepository {
  readonly host: string;
  readonly region: string;
  readonly path: string;
}

/**
 * The repository that Git asks for, or nothing if it is not CodeCommit's.
 *
 * @throws {Failure} if Git did not send the path
 * @see https://git-scm.com/docs/git-credential#IOFMT
 */
export function askedRepository(input: string): GitRepository | undefined {
  const fields = new Map(
    input.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, Math.max(at, 0)), line.slice(at + 1).trimEnd()];
    }),
  );
  const host = (fields.get("host") ?? "").replace(/:\d+$/, "").toLowerCase();
  const [, region = "", suffix] =
    /^(?:vpce-[a-z0-9-]+\.)?git-codecommit(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?([a-z0-9.-]+)$/
      .exec(host) ?? [];
  const isOwn = fields.get("protocol") === "https" && suffix !== undefined &&
    findRegionPartition(region)?.dnsSuffix === suffix;
  if (!isOwn) return undefined;
  const path = fields.get("path") ?? "";
  if (/^[\x21-\x7e]{1,1000}$/.test(path)) return { host, region, path: `/${path}` };
  throw new Failure(
    "files",
    "Git did not send the path of the repository",
    `git config --global credential.https://${host}.useHttpPath true`,
  );
}

/** The lines that Git reads: a signature as the password. It makes no request. */
export async function gitCredential(
  system: Pick<System, "now">,
  { session }: Pick<OwnSession, "session">,
  { host, region, path }: GitRepository,
): Promise<string> {
  const at = awsNow(system, session);
  const signing = { credentials: session, service: "codecommit", region, at };
  const request = await sha256(`GIT\n${path}\n\nhost:${host}\n\nhost\n`);
  // Unlike elsewhere, the signed time has no Z, and the password has one.
  const time = timestamp(at).slice(0, -1);
  const password = `${time}Z${await signatureOf(signing, request, time)}`;
  const expires = Math.min(system.now() + passwordLife, session.expires);
  return [
    `username=${session.accessKeyId}%${session.sessionToken.reveal()}`,
    `password=${password}`,
    // So that other helpers do not keep it.
    `password_expiry_utc=${Math.floor(expires / 1000)}`,
  ].map((line) => `${line}\n`).join("");
}
