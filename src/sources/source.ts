// A source is one value: everything that the rest of athm wants to know about a kind of first
// credentials. Nobody outside this folder asks which kind a profile's source is.
//
//     options ── settle ──> settings ── decode <── the store
//                              │
//                              ├── facts      what others may know: pure, loads nothing
//                              ├── prove      the person's or the job's part, kept for all who share it
//                              └── exchange   the proof becomes credentials
//
// Facts are read for every kept session, so a source's own file imports the model alone and loads the
// rest when somebody signs in. `prove` says who it is: an assertion, a portal's token, a job's identity
// token. What a person did for it is kept under a name (`Proofs`) that profiles may share. `exchange`
// asks the one AWS service that takes such a proof; when it is refused (`aws-proof`), the session has
// it proven once more. What both learn of the settings they return: the session keeps it.

import type { Issued, Sts } from "../aws/sts.ts";
import type { Credentials, Session } from "../model/credentials.ts";
import type { Decoder } from "../model/decode.ts";
import type { ProofRecords, ProofShelf } from "../model/proofs.ts";
import type { IdentityCenterSource, NetworkSettings, Source } from "../model/profile.ts";
import type { Http } from "../system/http.ts";
import type { System } from "../system/system.ts";
import type { Option } from "../line/command.ts";
import type { Question } from "../line/question.ts";
import type { Values } from "../line/values.ts";

/** One kind of source, with settings `S` and proof `P`. */
export interface SourceKind<S extends Source = Source, P = unknown> {
  readonly kind: S["kind"];
  /** One line for lists and questions. */
  readonly help: string;
  readonly options: readonly Option[];
  /** Options of which one is enough to choose this source; the last needs nothing besides. */
  readonly chosenBy: readonly string[];
  /** Whether it can be chosen where these profiles are; always, where nothing is said. */
  readonly offered?: (profiles: readonly string[]) => boolean;
  /** What a person is asked, step by step, before `settle`; the answers are options' values. */
  readonly questions?: readonly Question[];
  /** Whether what was typed in place of a choice is this source's own first answer. */
  readonly answeredBy?: (typed: string) => Promise<boolean>;
  /**
   * The source's settings from the options; asks for what is missing.
   *
   * @param typed what `answeredBy` took
   * @throws {Failure} `usage`, or `needs-person` where nobody may be asked.
   */
  readonly settle: (values: Values, system: System, typed?: string) => Promise<S>;
  /**
   * Whether the source goes together with the other options, once all are known.
   *
   * @throws {Failure} `usage`
   */
  readonly check?: (values: Values) => void;
  /**
   * Who names the first role. `profile`: it is the profile's first one, and the source assumes it with
   * its proof. `provider`: it comes before the profile's own, and takes the length and the policies
   * that the profile asks for.
   */
  readonly firstRole?: "profile" | "provider";
  readonly decode: Decoder<S>;
  /** Made-up settings with every field, for tests and the fixtures of the store. */
  readonly sample: () => S;
  facts(source: S): Facts;
  /**
   * What beside the settings decides whose credentials come, such as variables of the environment.
   * A session made under another identity is not used.
   */
  identity?(source: S, system: System): Readonly<Record<string, string | undefined>>;
  /**
   * @param refused a proof that was not accepted, and the refusal
   * @throws {Failure} when there is none to be had, and nothing was learned
   */
  prove?(source: S, context: ProofContext, refused?: Refused<P>): Promise<Proven<S, P>>;
  /** @throws {Failure} `aws-proof` where another proof may do, and whatever AWS refuses. */
  exchange(source: S, context: ExchangeContext, proof: P): Promise<First>;
}

/** What others may know of a source's settings. */
export interface Facts {
  /** False where the credentials are temporary: those cannot show a second factor. */
  readonly lasting: boolean;
  /** What `show` prints of the settings, by label. */
  readonly lines: Readonly<Record<string, string | undefined>>;
  /** What `show --json` prints, without secrets: the settings as they are, where nothing is said. */
  readonly shown?: () => object;
  /** What of the settings is in a session's fingerprint: all, where nothing is said. */
  readonly deciding?: object;
  /** The athm profile that it stands on. */
  readonly base?: string;
  /** The key that a second factor is shown with. */
  readonly key?: FirstKey;
  /** The profile that the AWS SDK reads, where it is asked; without a name it chooses. */
  readonly sdk?: { readonly profile?: string };
  /** The role that the first credentials are a session of already, beside the profile's own roles. */
  readonly role?: { readonly arn?: string; readonly account?: string; readonly name?: string };
  /** The region that tells the partition where no role does. */
  readonly region?: string;
  /** The access portal that it signs in to. */
  readonly portal?: Omit<IdentityCenterSource, "kind" | "accountId" | "roleName">;
  /** The sign-in that profiles share. Loaded when it is asked for. */
  readonly signIn?: (network: NetworkSettings) => Promise<SharedProof>;
  /** The name of the folder where a browser keeps what it knows of the person. */
  readonly browser?: () => Promise<string>;
}

export interface FirstKey {
  /** Profiles with a key of the same name share the session that a second factor gives. */
  readonly name: string;
  /** The key, where the settings hold it. */
  readonly credentials?: Credentials;
  /** The settings with another key in its place, where athm may replace it. */
  readonly replaced?: (key: Credentials) => Source;
}

/** Where a sign-in is kept that profiles share. */
export interface SharedProof {
  readonly shelf: ProofShelf;
  readonly name: string;
  /** What a person is told was forgotten, for a sign-in that lives on for days. */
  readonly title?: string;
}

/** What proving who somebody is may use. */
export interface ProofContext {
  readonly system: System;
  readonly network: NetworkSettings;
  readonly proofs: Proofs;
  /** A client for a host that is not STS, which trusts what the profile trusts. */
  readonly http: (url: string) => Promise<Http>;
  /**
   * What a person's own command prints, without athm's secrets in its environment.
   *
   * @param title what a message calls it: the option it was given with
   * @throws {Failure} `source` when it fails.
   */
  readonly ask: (commandLine: string, title: string) => Promise<string>;
  /** The folder of the browser's own profile, which may not exist yet. */
  readonly browserFolder: (name: string) => string;
}

/** What must hold of a proof, and how another is had. */
export interface ProofWanted<P> {
  readonly good: (kept: P) => boolean;
  /** Another, from the one that is kept; that same one where no other is to be had. */
  readonly make: (kept: P | undefined) => Promise<P>;
  /** The name to keep it under, where it is known better once it was made. */
  readonly nameOfMade?: () => string;
}

/** Proofs for which a person does something, kept so that it is done once for all profiles. */
export interface Proofs {
  /** The kept one if it is good, else what is made of it, kept; one process at a time makes one. */
  get<K extends ProofShelf>(
    shelf: K,
    name: string,
    wanted: ProofWanted<ProofRecords[K]>,
  ): Promise<ProofRecords[K]>;
  forget(shelf: ProofShelf, name: string): Promise<void>;
}

/** A proof that was not accepted. */
export interface Refused<P> {
  readonly proof: P;
  readonly error: unknown;
}

/** A proof, or why there is none although something was learned on the way. */
export type Proven<S, P> =
  & {
    /** The settings as they are whatever comes of the proof, where they are others by now. */
    readonly corrected?: S | undefined;
  }
  & (
    | {
      readonly proof: P;
      /** The settings as they turned out to be, if the proof is accepted. */
      readonly source: S;
    }
    | { readonly error: unknown }
  );

/** What making credentials of a proof may use. */
export interface ExchangeContext extends Pick<ProofContext, "system" | "http" | "ask"> {
  /** STS at the profile's endpoint, for whoever has a call to make: no other may be asked. */
  readonly sts: Sts;
  /** What a role's session is called where nothing else is said. */
  readonly sessionName: string;
  /** For a source that has a `firstRole`. */
  readonly role: FirstRole;
  /** A code of the profile's MFA device that was given with this call. */
  readonly mfaCode?: string | undefined;
  /** The session of another profile, fresh. */
  readonly sessionOf: (name: string) => Promise<Session>;
}

/** What the profile asks of the first role, for a source that assumes it itself. */
export interface FirstRole {
  /** Where it is the profile that names it. */
  readonly roleArn?: string;
  /** Where the profile chose one. */
  readonly sessionName?: string;
  /** Seconds; this and what follows only where it is the one role that is wanted. */
  readonly duration?: number;
  readonly policy?: string;
  readonly policyArns?: readonly string[];
}

/** First credentials, and what is known about them. */
export interface First {
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

/** First credentials that AWS issued for a role. */
export function issuedFirst(issued: Issued): First {
  const { session } = issued;
  return {
    credentials: session,
    issued,
    chained: true,
    ...session.arn === undefined ? {} : { arn: session.arn },
  };
}
