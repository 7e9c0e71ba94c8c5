/**
 * The common interface of the fake's services. `../fake_aws.ts` has their table.
 *
 * @module
 */

import type { Accounts } from "./accounts.ts";
import type { AwsError, Reply } from "./answers.ts";
import type { OpenIdIssuer } from "./openid_issuer.ts";
import type { Anywhere } from "./anywhere.ts";
import type { Signin } from "./signin.ts";
import type { Outbound } from "./outbound_issuer.ts";
import type { Sso } from "./sso.ts";

/** A request whose body has been read. */
export interface Incoming {
  readonly method: string;
  /** The path as sent. */
  readonly path: string;
  /** The query string as sent, without the question mark. */
  readonly query: string;
  /** Values by lower-case name; `host` is always there. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An object store with an STS. */
export interface Gateway {
  /** Operations that it does not have. */
  readonly without: readonly string[];
  /** Like MinIO's: AWS's form of errors, other words, and no ARN. */
  readonly minio: boolean;
}

/** Passwords of registries and package managers that the fake issued. */
export interface Issued {
  readonly passwords: string[];
  /** Milliseconds for which new ones are valid. */
  life: number;
}

/** The services' shared state. */
export interface World {
  readonly accounts: Accounts;
  /** The fake's OpenID provider. */
  readonly issuer: OpenIdIssuer;
  readonly sso: Sso;
  /** AWS as an identity provider for others. */
  readonly outbound: Outbound;
  readonly signin: Signin;
  readonly anywhere: Anywhere;
  readonly issued: Issued;
  /** The fake's clock: milliseconds since 1970. */
  readonly now: () => number;
  /** Number of requests that do not know a new key of IAM yet. */
  readonly newKeyDelay: () => number;
  /** The object store that STS is part of; AWS's own if there is none. */
  readonly gateway: () => Gateway | undefined;
  /** Bytes that a session token has at least. */
  readonly minimumTokenSize: () => number;
  /** Maps the requested lifetime of a session in seconds to the actual one. */
  readonly sessionLifetime: (asked: number) => number;
}

/** An operation's name and parameters, as far as the request shows. */
export interface Operation {
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
}

/** One AWS service. */
export interface Service {
  /** The service's name in a credential scope. */
  readonly service: string;
  /** Whether the request is for this service. Services are tried in order. */
  claims(incoming: Incoming): boolean;
  /** Reads the operation without validating it: for the log and for behaviors. */
  describe(incoming: Incoming): Operation;
  /** Responds, or throws an {@link AwsError}. */
  handle(incoming: Incoming, world: World, reply: Reply): Promise<Response>;
  /** Encodes an error in the service's own protocol. */
  refuse(error: AwsError, reply: Reply, world: World): Response;
}

/** Reads a whole request. The host is that of the header, else that of the URL. */
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
