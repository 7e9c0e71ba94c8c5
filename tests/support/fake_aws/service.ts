/**
 * What every service of the fake has in common. `../fake_aws.ts` holds the table of them.
 *
 * @module
 */

import type { Accounts } from "./accounts.ts";
import type { AwsError, Reply } from "./answers.ts";
import type { OpenIdIssuer } from "./openid_issuer.ts";
import type { Signin } from "./signin.ts";
import type { Outbound } from "./outbound_issuer.ts";
import type { Sso } from "./sso.ts";

/** A request whose body has been read. */
export interface Incoming {
  readonly method: string;
  /** The path as it was sent. */
  readonly path: string;
  /** The query string as it was sent, without the question mark. */
  readonly query: string;
  /** Values by lower-case name; `host` is always there. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An object store with an STS. */
export interface Gateway {
  /** Operations that it does not have. */
  readonly without: readonly string[];
}

/** The state that services work on. */
export interface World {
  readonly accounts: Accounts;
  /** The OpenID provider beside it. */
  readonly issuer: OpenIdIssuer;
  readonly sso: Sso;
  /** AWS as an identity provider for others. */
  readonly outbound: Outbound;
  readonly signin: Signin;
  /** The fake's clock: milliseconds since 1970. */
  readonly now: () => number;
  /** How many requests find a key unknown that IAM makes. */
  readonly newKeyDelay: () => number;
  /** The object store that STS is part of; AWS's own if there is none. */
  readonly gateway: () => Gateway | undefined;
  /** Bytes that a session token has at least. */
  readonly minimumTokenSize: () => number;
  /** Turns the seconds that a session was asked to live into those that it lives. */
  readonly sessionLifetime: (asked: number) => number;
}

/** The name of an operation and what it was called with, as far as the request tells. */
export interface Operation {
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
}

/** One AWS service. */
export interface Service {
  /** The service's name in a credential scope. */
  readonly service: string;
  /** Whether the request is meant for this service. The table is asked from the top. */
  claims(incoming: Incoming): boolean;
  /** Reads the operation without judging it: for the log and for behaviors. */
  describe(incoming: Incoming): Operation;
  /** Answers, or throws an {@link AwsError}. */
  handle(incoming: Incoming, world: World, reply: Reply): Promise<Response>;
  /** Says a refusal in the service's own protocol. */
  refuse(error: AwsError, reply: Reply, world: World): Response;
}

/** Reads a request to its end. The host is that of the header, else that of the URL. */
export async function readRequest(request: Request): Promise<Incoming> {
  const url = new URL(request.url);
  const headers = new Map(request.headers);
  if (!headers.has("host")) headers.set("host", url.host);
  return {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    headers,
    body: new Uint8Array(await request.arrayBuffer()),
  };
}
