import { defined } from "../model/fields.ts";
import type { Failure } from "../model/failure.ts";
import type { Profile } from "../model/profile.ts";
import type { HttpAnswer } from "../system/http.ts";
import type { System } from "../system/system.ts";

/** `failed` makes the exit code 1. */
export type Level = "ok" | "warning" | "failed";

export interface Finding {
  readonly level: Level;
  /** One sentence, lower case, no full stop. */
  readonly text: string;
  /** A command to paste. */
  readonly fix?: string;
}

/** Findings that checks share, computed once on demand. */
export interface Findings {
  /** The readable profiles, if the store opens without a prompt. */
  profiles(): Promise<KnownProfiles>;
  /** The endpoint that a profile's session comes from; without a profile, the default one of STS. */
  probe(profile: Profile | undefined): Promise<Probe>;
}

export interface KnownProfiles {
  readonly profiles: readonly Profile[];
  readonly damaged: readonly Failure[];
  readonly locked?: Failure;
}

export type Probe =
  | {
    readonly url: string;
    readonly answer: Pick<HttpAnswer, "status" | "headers">;
    /** Milliseconds since 1970. */
    readonly sent: number;
    readonly received: number;
  }
  | { readonly url: string; readonly failure: Failure };

/** Never prompts, changes anything or shows a secret. @throws {Failure} reported as failed */
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
