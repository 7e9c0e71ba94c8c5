// A source is one value with everything that the rest of athm needs to know about a kind of first
// credentials. No code outside this folder checks the kind of a profile's source.
//
//     options ── settle ──> settings ── decode <── the store
//                              │
//                              ├── facts      for the rest of athm: pure, loads nothing
//                              ├── prove      done by the person or job, kept and shared
//                              └── exchange   turns the proof into credentials
//
// Facts are read for every kept session, so a source's own file only imports the model and loads the
// rest for a sign-in. `prove` returns a proof of identity: an assertion, a portal's token, a job's
// identity token. A proof that required a person is kept under a name (`Proofs`) that profiles may
// share. `exchange` calls the AWS service that accepts the proof; if it is rejected (`aws-proof`),
// `prove` runs once more. Both may return corrected settings, which are saved.

import type { Issued, Sts } from "../aws/sts.ts";
import type { Credentials, Session } from "../model/credentials.ts";
import type { Decoder } from "../model/decode.ts";
import { defined } from "../model/fields.ts";
import type { OutlineRole } from "../model/outline.ts";
import type { ProofRecords, ProofShelf } from "../model/proofs.ts";
import type { IdentityCenterSource, NetworkSettings, Source } from "../model/profile.ts";
import type { AnywherePlace } from "../model/roles_anywhere.ts";
import type { RunHelper } from "../signin/certificate/helper.ts";
import type { Http } from "../system/http.ts";
import type { System } from "../system/system.ts";
import type { Option } from "../line/command.ts";
import type { Question } from "../line/question.ts";
import type { Values } from "../line/values.ts";

/** A kind of source with settings `S` and proof `P`. */
export interface SourceKind<S extends Source = Source, P = unknown> {
  readonly kind: S["kind"];
  readonly help: string;
  readonly options: readonly Option[];
  /** Options of which any one chooses this source; the last needs no other. */
  readonly chosenBy: readonly string[];
  /** Settings that only AWS profiles with this source have, to suggest it. */
  readonly awsSettings?: readonly string[];
  /** Whether to offer it with these existing profiles; default: always. */
  readonly offered?: (profiles: readonly string[]) => boolean;
  /** Prompts before `settle`; the answers are values of options. */
  readonly questions?: readonly Question[];
  /** Whether text typed instead of a choice is already this source's first answer. */
  readonly answeredBy?: (typed: string) => Promise<boolean>;
  /**
   * Adds, as if typed, what a signed-in person can pick from a list; called before `settle` where a
   * sign-in is wanted.
   *
   * @throws {Failure} `needs-person` if prompts are disabled, and what a sign-in throws
   */
  readonly pick?: (values: Values, context: PickContext) => Promise<Values>;
  /** @param typed what `answeredBy` accepted. @throws {Failure} `usage`, `needs-person` */
  readonly settle: (values: Values, system: System, typed?: string) => Promise<S>;
  /** Checks the combination with all other options. @throws {Failure} `usage` */
  readonly check?: (values: Values) => void;
  /**
   * Who names the first role. `profile`: the profile's first role, which the source assumes with
   * its proof. `provider`: a role before the profile's own, which gets the profile's duration and
   * policies.
   */
  readonly firstRole?: "profile" | "provider";
  /** Why AWS accepts no session policies for the first role; absent if it does. */
  readonly unnarrowable?: string;
  readonly decode: Decoder<S>;
  /** Sample settings with every field, for tests and the store's fixtures. */
  readonly sample: () => S;
  facts(source: S): Facts;
  /**
   * Problems of files that a sign-in would read; never prompts.
   *
   * @throws {Failure} if they cannot be read
   */
  inspect?(source: S, system: System): Promise<readonly SourceFinding[]>;
  /** What else decides whose credentials these are, such as variables; part of the fingerprint. */
  identity?(source: S, system: System): Readonly<Record<string, string | undefined>>;
  /**
   * @param refused a rejected proof, and the error
   * @throws {Failure} if there is none and nothing was learned
   */
  prove?(source: S, context: ProofContext, refused?: Refused<P>): Promise<Proven<S, P>>;
  /** @throws {Failure} `aws-proof` if another proof may work, and whatever AWS refuses. */
  exchange(source: S, context: ExchangeContext, proof: P): Promise<First>;
}

/** What `doctor` reports about a source; a sentence without a full stop. */
export interface SourceFinding {
  readonly level: "ok" | "warning" | "failed";
  readonly text: string;
}

export interface Facts {
  /** False for temporary credentials, which cannot use MFA. */
  readonly lasting: boolean;
  /** Settings that `show` prints, by label. */
  readonly lines: Readonly<Record<string, string | undefined>>;
  /** Settings that `show --json` prints, without secrets; default: all. */
  readonly shown?: () => object;
  /** Settings in a session's fingerprint; default: all. */
  readonly deciding?: object;
  /** Those of them that a sign-in adds if they are absent. */
  readonly learned?: readonly string[];
  readonly base?: string;
  /** The settings with another base profile. */
  readonly onBase?: (name: string) => Source;
  /** The key used for MFA. */
  readonly key?: FirstKey;
  /** The AWS profile that the SDK reads; without a name the SDK chooses. */
  readonly sdk?: { readonly profile?: string };
  /** The role of the first credentials, before the profile's own roles. */
  readonly role?: OutlineRole;
  /** The region that decides the partition without a role. */
  readonly region?: string;
  /** ARN of the identity of the first credentials, if it is known and no role. */
  readonly principal?: string;
  readonly portal?: Omit<IdentityCenterSource, "kind" | "accountId" | "accountName" | "roleName">;
  readonly certificate?: CertificateFacts;
  /** The sign-in that profiles share, loaded on demand. */
  readonly signIn?: (network: NetworkSettings) => Promise<SharedProof>;
  readonly browser?: () => Promise<string>;
}

/** Of a certificate that IAM Roles Anywhere exchanges for the first role's session. */
export interface CertificateFacts extends AnywherePlace {
  /** When it expires, if known: milliseconds since 1970. */
  readonly ends?: number;
}

export interface FirstKey {
  /** Profiles with a key of the same name share its MFA session. */
  readonly name: string;
  readonly credentials?: Credentials;
  /** The settings with another key, if athm may replace it. */
  readonly replaced?: (key: Credentials) => Source;
}

export interface SharedProof {
  readonly shelf: ProofShelf;
  readonly name: string;
  /** Names a long-lived sign-in in the message that it was forgotten. */
  readonly title?: string;
}

export interface ProofContext {
  readonly system: System;
  readonly network: NetworkSettings;
  readonly proofs: Proofs;
  /** A client for hosts other than STS, with the profile's CA certificates. */
  readonly http: (url: string) => Promise<Http>;
  /** The output of a person's command, run without athm's secrets. @throws {Failure} `source` */
  readonly ask: (commandLine: string, title: string) => Promise<string>;
  /** Runs a program without athm's secrets. @throws {Failure} `command-not-…`, `source` */
  readonly help: RunHelper;
  readonly browserFolder: (name: string) => string;
  /** The region of the profile's calls to AWS. */
  readonly region: string;
  /** What a kept proof is exchanged for must be newer than this (milliseconds since 1970). */
  readonly after: number;
}

export interface PickContext extends Pick<ProofContext, "system" | "network" | "proofs" | "http"> {
  readonly suggested: ReadonlyMap<string, string>;
}

export interface ProofWanted<P> {
  readonly good: (kept: P) => boolean;
  /** Makes one from the kept one; returns the kept one if it cannot. */
  readonly make: (kept: P | undefined) => Promise<P>;
  /** The name to keep it under, if only known afterward. */
  readonly nameOfMade?: () => string;
}

/** Proofs that require a person, kept and shared by all profiles. */
export interface Proofs {
  /** The kept one if it is good, else a new one, which is kept; only one process makes it. */
  get<K extends ProofShelf>(
    shelf: K,
    name: string,
    wanted: ProofWanted<ProofRecords[K]>,
  ): Promise<ProofRecords[K]>;
  forget(shelf: ProofShelf, name: string): Promise<void>;
}

export interface Refused<P> {
  readonly proof: P;
  readonly error: unknown;
}

/** A proof, or an error although something was learned. */
export type Proven<S, P> =
  & {
    /** Settings that changed whether or not the proof is accepted. */
    readonly corrected?: S | undefined;
  }
  & (
    | {
      readonly proof: P;
      /** The settings as resolved, if the proof is accepted. */
      readonly source: S;
    }
    | { readonly error: unknown }
  );

export interface ExchangeContext extends Pick<ProofContext, "system" | "http" | "ask"> {
  readonly sts: Sts;
  /** The default role session name. */
  readonly sessionName: string;
  /** For sources with a `firstRole`. */
  readonly role: FirstRole;
  readonly mfaCode?: string | undefined;
  readonly sessionOf: (name: string) => Promise<Session>;
}

/** The profile's settings for a first role that the source itself assumes. */
export interface FirstRole {
  /** For `profile` sources. */
  readonly roleArn?: string;
  readonly sessionName?: string;
  /** Seconds; this and the rest only if it is the last role. */
  readonly duration?: number;
  readonly policy?: string;
  readonly policyArns?: readonly string[];
}

export interface First {
  readonly credentials: Credentials;
  /** Whose they are, if known without asking STS. */
  readonly arn?: string;
  /** True if a role assumed from them counts as chained, which AWS limits to one hour. */
  readonly chained: boolean;
  /** The session as AWS issued it, if the source requested it. */
  readonly issued?: Issued;
}

export function issuedFirst(issued: Issued): First {
  const { session } = issued;
  return defined({ credentials: session, issued, chained: true, arn: session.arn });
}
