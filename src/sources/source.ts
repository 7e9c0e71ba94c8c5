import type { Credentials, Session } from "../model/credentials.ts";
import type { Issued, Sts } from "../aws/sts.ts";
import type { Portal } from "../model/portal.ts";
import type { IdentityCenterSource, RoleSettings, Source } from "../model/profile.ts";
import type { Secret } from "../model/secret.ts";
import type { Http } from "../system/http.ts";
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
  /** The session as AWS issued it, where the source had to ask for it. */
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

/** A portal that the person is signed in to. */
export interface SignedInPortal {
  readonly portal: Portal;
  readonly token: Secret;
  /** Another token, in place of one that the portal did not take. */
  readonly again: (rejected: Secret) => Promise<Secret>;
}

/** What a source may use to obtain credentials. */
export interface SourceContext {
  readonly system: System;
  /** STS at the profile's endpoint, for whoever has a call to make: no other may be asked. */
  readonly sts: Sts;
  /** The same once it is known which role comes first, whose partition may be another. */
  readonly stsFor: (source: Source) => Sts;
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
   * @throws {Failure} `source` when it fails.
   */
  readonly ask: (commandLine: string) => Promise<string>;
  /** The session of another profile, fresh. */
  readonly sessionOf: (name: string) => Promise<Session>;
  /** A client for a host that is not STS, which trusts what the profile trusts. */
  readonly http: (url: string) => Promise<Http>;
  /**
   * The sign-in at a portal that all profiles share; the person is asked where there is none.
   *
   * @throws {Failure} `needs-person` where nobody may be asked.
   */
  readonly portalToken: (source: IdentityCenterSource) => Promise<SignedInPortal>;
  /** The store's folder, which may not exist yet. @throws {Failure} where there is no place for it. */
  readonly home: () => string;
  /** What the profile asks of the role that the source itself names; nothing where others follow. */
  readonly role: Pick<RoleSettings, "duration" | "policy" | "policyArns">;
  /**
   * Told what the source's settings turned out to be, such as the role that a person chose: they are
   * kept with the profile, even when the sign-in fails afterwards.
   */
  readonly learn: (source: Source) => void;
  /** An assertion that profiles with the same sign-in share. */
  readonly assertion: (wanted: AssertionWanted) => Promise<Secret>;
  /** Removes one that turned out not to be good. */
  readonly forgetAssertion: (name: string) => Promise<void>;
}

/** A sign-in at an identity provider that several profiles may share. */
export interface AssertionWanted {
  /** What identifies the sign-in. */
  readonly name: string;
  /** One that AWS did not take. */
  readonly refused?: Secret | undefined;
  /** True when a kept one will not do. */
  readonly anew: boolean;
  readonly make: () => Promise<AssertionMade>;
}

/** An assertion as it was made. */
export interface AssertionMade {
  /** What identifies the sign-in now that it is known who the person is. */
  readonly name: string;
  readonly assertion: Secret;
  /** Until when AWS takes it: milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
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
