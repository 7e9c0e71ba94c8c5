import type { Credentials, Session } from "../model/credentials.ts";
import type { Issued, Sts } from "../aws/sts.ts";
import type { Source } from "../model/profile.ts";
import type { System } from "../system/system.ts";
import type { Option } from "../line/command.ts";
import type { Question } from "../line/question.ts";
import type { Values } from "../line/values.ts";

/** First credentials, and what is known about them. */
export interface Obtained {
  readonly credentials: Credentials;
  /** Whose they are, where that is known without asking STS. */
  readonly arn?: string;
  /**
   * True when a role assumed from them counts as chained, for which AWS gives at most one hour:
   * they are, or may be, a role's own temporary credentials.
   */
  readonly chained: boolean;
  /** The session as AWS issued it, where the source had to ask STS for it. */
  readonly issued?: Issued;
}

/** The profile's first role, for a source that assumes it itself. */
export interface FirstRole {
  readonly roleArn: string;
  /** Where the profile chose one. */
  readonly sessionName?: string;
  /** Seconds; this and what follows only where it is the one role that is wanted. */
  readonly duration?: number;
  readonly policy?: string;
  readonly policyArns?: readonly string[];
}

/** What a source may use to obtain credentials. */
export interface SourceContext {
  readonly system: System;
  /** STS at the profile's endpoint, for whoever has a call to make: no other may be asked. */
  readonly sts: Sts;
  /** What a role's session is called where nothing else is said. */
  readonly sessionName: string;
  /** For a source that `assumesFirstRole`. */
  readonly firstRole?: FirstRole | undefined;
  /** A code of the profile's MFA device that was given with this call. */
  readonly mfaCode?: string | undefined;
  /** Certificates to trust besides the machine's, as PEM text. */
  readonly trustedPem?: string | undefined;
  /**
   * What a person's own command prints, without athm's secrets in its environment.
   *
   * @param title what a message calls it: the option it was given with
   * @throws {Failure} `source` when it fails.
   */
  readonly ask: (commandLine: string, title: string) => Promise<string>;
  /** The session of another profile, fresh. */
  readonly sessionOf: (name: string) => Promise<Session>;
}

/** One way in: from options to settings, and from settings to first credentials. */
export interface SourceKind<S extends Source = Source> {
  readonly kind: S["kind"];
  /** One line for lists and questions. */
  readonly help: string;
  readonly options: readonly Option[];
  /** Options of which one is enough to choose this source. */
  readonly chosenBy: readonly string[];
  /** Its first credentials are already those of the profile's first role. */
  readonly assumesFirstRole?: true;
  /** Whether it can be chosen where these profiles are; always, where nothing is said. */
  readonly offered?: (profiles: readonly string[]) => boolean;
  /** What a person is asked, step by step, before `settle`; the answers are options' values. */
  readonly questions?: readonly Question[];
  /**
   * The source's settings from the options; asks for what is missing.
   *
   * @param typed an access key id that a person typed before anything was asked
   * @throws {Failure} `usage`, or `needs-person` where nobody may be asked.
   */
  readonly settle: (values: Values, system: System, typed?: string) => Promise<S>;
  /**
   * Whether the source goes together with the other options, once all are known.
   *
   * @throws {Failure} `usage`
   */
  readonly check?: (values: Values) => void;
  /** @throws {Failure} when there are none to be had. */
  readonly obtain: (source: S, context: SourceContext) => Promise<Obtained>;
  /**
   * What beside the settings decides whose credentials come, such as variables of the environment.
   * A session made under another identity is not used.
   */
  readonly identity?: (source: S, system: System) => Readonly<Record<string, string | undefined>>;
}
