import type { ConsoleSignIn } from "./console_sign_in.ts";
import type { Narrowing, Session } from "./credentials.ts";
import type { PortalTokens } from "./portal.ts";
import type { Secret } from "./secret.ts";

export interface SessionRecord {
  readonly session: Session;
  readonly fingerprint: string;
}

/** A profile's narrower sessions. */
export interface NarrowedRecord {
  readonly kept: readonly NarrowedSession[];
}

/** A session policy that people refer to as `@NAME`. */
export interface NamedPolicy {
  readonly name: string;
  /** JSON. */
  readonly policy: string;
}

/** That a `.athm` file may choose the profile. */
export interface FolderAllowance {
  /** Absolute. */
  readonly path: string;
  /** SHA-256 of the file's content, hexadecimal. */
  readonly digest: string;
}

/** A client of `athm serve` with a token of its own, which only the client has. */
export interface ServeClient {
  readonly label: string;
  /** SHA-256 in hexadecimal: a token has 256 random bits, so its hash does not reveal it. */
  readonly tokenHash: string;
  /** The profiles that it opens, and no others. */
  readonly profiles: readonly string[];
  readonly narrowing?: Narrowing;
  /** Milliseconds since 1970. */
  readonly added: number;
  readonly expires?: number;
}

/** What a person answered when athm asked before a use. */
export interface Confirmation {
  readonly answer: "yes" | "no";
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The highest serial number taken from a series of team files, so that no older one is taken. */
export interface TakenSerial {
  /** The signing key's fingerprint, or the path of a file without a signature, and the file's name. */
  readonly series: string;
  readonly serial: number;
}

export interface NarrowedSession extends SessionRecord {
  readonly narrowing: Narrowing;
}

export interface AssertionRecord {
  /** The original base64. */
  readonly assertion: Secret;
  /** Milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
}

/** Which profile gives a container registry's password, and the kept password. */
export interface RegistryRecord {
  /** The host name. */
  readonly registry: string;
  readonly profile: string;
  readonly narrowing?: Narrowing;
  readonly password?: RegistryPassword;
}

export interface RegistryPassword {
  readonly secret: Secret;
  /** Both in milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
  readonly issued: number;
  /** Of the session's settings. */
  readonly fingerprint: string;
}

export interface ProofRecords {
  /** Sessions made with a key and MFA. */
  readonly sessions: SessionRecord;
  readonly assertions: AssertionRecord;
  readonly portals: PortalTokens;
  readonly consoles: ConsoleSignIn;
  readonly registries: RegistryRecord;
}

export type ProofShelf = keyof ProofRecords;

/** Where the store keeps a registry's record; no legal profile name. */
export function registryKey(registry: string): string {
  return `registry ${registry}`;
}

/** Where the store keeps a user's new access key until the old one is deleted; no legal profile name. */
export function keyNoteName(arn: string): string {
  return `access key of ${arn}`;
}

/** Milliseconds since 1970 at which such a note expires: never. */
export const keyNoteExpires = Date.UTC(9999, 0);
