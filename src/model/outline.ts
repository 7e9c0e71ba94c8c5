import type { Inherited, NetworkSettings } from "./profile.ts";

/** What lists show of a profile: no secrets, and nothing that a sign-in uses. */
export interface Outline {
  readonly name: string;
  /** The kind of the source. */
  readonly kind: string;
  readonly roleArns: readonly string[];
  readonly network: NetworkSettings;
  readonly inherited?: Inherited;
  readonly confirm?: number;
  readonly confirmFrom?: string;
  readonly facts: OutlineFacts;
}

/** The facts about a source that lists show; see `Facts`. */
export interface OutlineFacts {
  readonly base?: string;
  readonly role?: OutlineRole;
  readonly region?: string;
  readonly principal?: string;
  readonly portal?: OutlinePortal;
  readonly certificate?: OutlineCertificate;
}

export interface OutlineRole {
  readonly arn?: string;
  readonly account?: string;
  readonly accountName?: string;
  readonly name?: string;
}

export interface OutlinePortal {
  readonly startUrl: string;
  readonly region: string;
  readonly portalEndpointUrl?: string;
  readonly oidcEndpointUrl?: string;
}

/** The place where it is exchanged, and its end: milliseconds since 1970. */
export interface OutlineCertificate {
  readonly region: string;
  readonly endpointUrl?: string;
  readonly ends?: number;
}
