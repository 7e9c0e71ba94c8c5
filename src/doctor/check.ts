import { defined } from "../model/defined.ts";
import type { Failure } from "../model/failure.ts";
import type { Profile } from "../model/profile.ts";
import type { HttpAnswer } from "../system/http.ts";
import type { System } from "../system/system.ts";

/** `failed` makes the doctor's exit code 1; a warning is for a person to judge. */
export type Level = "ok" | "warning" | "failed";

/** One line of the doctor's: what was found, without secrets. */
export interface Finding {
  readonly level: Level;
  /** One sentence, lower case, no full stop. */
  readonly text: string;
  /** A command that mends it, to be pasted. */
  readonly fix?: string;
}

/** What the checks share; each part is looked for once, and only when a check wants it. */
export interface Findings {
  /** Profiles that open, if the store gives its key without asking anybody. */
  profiles(): Promise<KnownProfiles>;
  /** One request to a host of STS, without credentials. */
  probe(profile: Pick<Profile, "network" | "roleArns">): Promise<Probe>;
}

export interface KnownProfiles {
  readonly profiles: readonly Profile[];
  /** Those that do not open. */
  readonly damaged: readonly Failure[];
  /** Why nothing is known of them. */
  readonly locked?: Failure;
}

/** What came of asking an endpoint. */
export type Probe =
  | {
    readonly url: string;
    readonly answer: Pick<HttpAnswer, "status" | "headers">;
    /** Milliseconds since 1970, before and after. */
    readonly sent: number;
    readonly received: number;
  }
  | { readonly url: string; readonly failure: Failure };

/**
 * One thing to look at. It asks nobody, changes nothing and shows no secret.
 *
 * @throws {Failure} when it cannot look; that is told as a failed check
 */
export type Check = (system: System, shared: Findings) => Promise<readonly Finding[]>;

export function ok(text: string): Finding {
  return { level: "ok", text };
}

export function warning(text: string, fix?: string): Finding {
  return defined({ level: "warning" as const, text, fix });
}

export function failed(text: string, fix?: string): Finding {
  return defined({ level: "failed" as const, text, fix });
}
