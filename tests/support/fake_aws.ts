/**
 * An AWS on a loopback port that behaves: it verifies what it is sent as the real one does, without
 * the SDK, and issues credentials that it accepts until they expire on its own clock.
 *
 * @module
 */

import {
  addRole,
  addUser,
  allSecrets,
  type IdentityProvider,
  noAccounts,
  type Principal,
  type RoleOptions,
  type SamlProvider,
  type UserKey,
  type UserOptions,
} from "./fake_aws/accounts.ts";
import { AwsError } from "./fake_aws/answers.ts";
import { parseAuthorization } from "./fake_aws/authenticate.ts";
import { type Behavior, behaviorQueue, carryOut, ConnectionDropped } from "./fake_aws/behavior.ts";
import { listen, type TlsKeyPair } from "./fake_aws/server.ts";
import {
  type Gateway,
  type Incoming,
  readRequest,
  type Service,
  type World,
} from "./fake_aws/service.ts";
import { openid, openIdIssuer, openidPath } from "./fake_aws/openid.ts";
import type { OpenIdIssuer } from "./fake_aws/openid_issuer.ts";
import { dynamodb } from "./fake_aws/dynamodb.ts";
import { federation } from "./fake_aws/federation.ts";
import { iam } from "./fake_aws/iam.ts";
import { type Anywhere, newAnywhere } from "./fake_aws/anywhere.ts";
import { rolesAnywhere } from "./fake_aws/roles_anywhere.ts";
import { newSignin, type Signin } from "./fake_aws/signin.ts";
import { signinOauth } from "./fake_aws/signin_oauth.ts";
import { newOutbound, type Outbound } from "./fake_aws/outbound_issuer.ts";
import { newSso, type Sso } from "./fake_aws/sso.ts";
import { ssoOidc } from "./fake_aws/sso_oidc.ts";
import { ssoPortal } from "./fake_aws/sso_portal.ts";
import { codeartifact, ecr, ecrPublic, eks } from "./fake_aws/other_tokens.ts";
import { sts } from "./fake_aws/sts.ts";
import { vanity } from "./fake_aws/vanity.ts";

export { type Behavior, ConnectionDropped };
export type {
  IdentityProvider,
  OpenIdIssuer,
  Principal,
  RoleOptions,
  SamlProvider,
  TlsKeyPair,
  UserKey,
  UserOptions,
};
export type { MfaDevice, RoleSession, Tag } from "./fake_aws/accounts.ts";

/** The services, asked from the top which of them a request is for. */
const services: readonly Service[] = [
  openid,
  vanity,
  dynamodb,
  codeartifact,
  ecr,
  ecrPublic,
  eks,
  federation,
  iam,
  rolesAnywhere,
  signinOauth,
  ssoOidc,
  ssoPortal,
  sts,
];

/** A request and its outcome. */
export interface Call {
  /** The service's name as in a credential scope, such as `sts`. */
  readonly service: string;
  /** The operation's name; empty if the request names none. */
  readonly action: string;
  /** Parameters as sent, without the action: `RoleArn`, `Tags.member.1.Key`. */
  readonly params: Readonly<Record<string, string>>;
  /** The key that the signature claims; absent if the request isn't signed. */
  readonly accessKeyId?: string;
  /** The region that the signature claims; empty if the request isn't signed. */
  readonly region: string;
  /** The `Host` header. */
  readonly host: string;
  /** The answer's status; 0 if the connection was dropped. */
  readonly status: number;
  /** The code of a refusal. */
  readonly code?: string;
  /** Milliseconds since 1970 on the fake's clock. */
  readonly at: number;
}

/** The fake and everything that a test can do with it. */
export interface FakeAws extends AsyncDisposable {
  /** `http(s)://127.0.0.1:PORT`. */
  readonly url: string;
  /** The Identity Center; what is not read-only in it may be changed. */
  readonly sso: Sso;
  /** AWS Sign-In for local development; the same holds for it. */
  readonly signin: Signin;
  /** IAM Roles Anywhere: no anchors, until a test adds some. */
  readonly anywhere: Anywhere;
  /** AWS as an identity provider for others: none, until an account is added. */
  readonly outbound: Outbound;
  /** Every finished request, in the order in which they ended. */
  readonly calls: readonly Call[];
  /** Adds a user with one long-term key. */
  addUser(user: UserOptions): UserKey;
  /** Adds a role, or changes the one that has this ARN. */
  addRole(role: RoleOptions): void;
  /** Adds an OpenID provider to an account; its keys are fetched from its URL. */
  addIdentityProvider(provider: IdentityProvider): void;
  /** The fake's OpenID provider, at `url` + `/openid`. */
  readonly issuer: OpenIdIssuer;
  /** Adds a SAML identity provider, or gives it another certificate. */
  addSamlProvider(provider: SamlProvider): void;
  /** A key's identity, with a role session's parameters; `undefined` for an unknown key. */
  identity(accessKeyId: string): Principal | undefined;
  /** Applies this behavior to the next `times` requests (default 1, `Infinity` for all). */
  behave(next: Behavior, times?: number): void;
  /** Removes pending behaviors. */
  clearBehaviors(): void;
  /** A user's access keys, the oldest first. */
  accessKeys(arn: string): readonly { readonly id: string; readonly active: boolean }[];
  /** Removes a key. */
  forgetKey(accessKeyId: string): void;
  /** Number of requests that do not know a new key of IAM yet; default none. */
  newKeysUnknownFor(requests: number): void;
  /** Sets its clock ahead by `ms` milliseconds; replaces an earlier skew. */
  skew(ms: number): void;
  /** Lets STS be an object store's. */
  becomeGateway(gateway: Gateway): void;
  /** Lets session tokens have so many bytes at least, as `MinimumSessionTokenSize` does. */
  minimumTokenSize(bytes: number): void;
  /** Passwords of registries are valid for so many milliseconds. */
  passwordLife(ms: number): void;
  /** Every secret access key and session token in the fake. */
  secrets(): string[];
  /** Handles a request without a socket. Rejects with {@link ConnectionDropped} for a drop. */
  handle(request: Request): Promise<Response>;
}

/** How to start the fake. */
export interface FakeAwsOptions {
  /** Milliseconds since 1970; default the system's clock. */
  readonly clock?: () => number;
  /** Default a free one. */
  readonly port?: number;
  /** Serves TLS with this certificate instead of plain HTTP. */
  readonly tls?: TlsKeyPair;
  /** Maps the requested lifetime in seconds to the actual one; default: as requested. */
  readonly sessionLifetime?: (asked: number) => number;
}

/** The signature's claims, only for the log: parsed, not verified. */
async function claimedSigner(
  incoming: Incoming,
): Promise<Pick<Call, "accessKeyId" | "region">> {
  try {
    const claim = await parseAuthorization(incoming.headers.get("authorization"));
    return { accessKeyId: claim.accessKeyId, region: claim.scope.region };
  } catch {
    return { region: "" };
  }
}

/** Starts the fake on 127.0.0.1. Dispose of it with `await using`, which closes everything. */
export async function startFakeAws(options: FakeAwsOptions = {}): Promise<FakeAws> {
  const { clock = Date.now, port = 0, sessionLifetime = (asked: number) => asked } = options;
  let ahead = 0;
  let newKeyDelay = 0;
  let tokenSize = 0;
  let gateway: Gateway | undefined;
  const accounts = noAccounts();
  const issuer = openIdIssuer(() => url + openidPath, () => clock() + ahead);
  const sso = newSso();
  const outbound = newOutbound();
  const signin = newSignin();
  const anywhere = newAnywhere();
  const issued = { passwords: [] as string[], life: 12 * 3600_000 };
  const world: World = {
    accounts,
    issuer,
    sso,
    outbound,
    signin,
    anywhere,
    issued,
    sessionLifetime,
    now: () => clock() + ahead,
    newKeyDelay: () => newKeyDelay,
    minimumTokenSize: () => tokenSize,
    gateway: () => gateway,
  };
  const behaviors = behaviorQueue();
  const calls: Call[] = [];
  const stop = new AbortController();

  async function answer(
    incoming: Incoming,
    service: Service,
    action: string,
  ): Promise<{ readonly response: Response; readonly code?: string }> {
    const reply = { requestId: crypto.randomUUID(), now: world.now() };
    try {
      const behavior = behaviors.take(action);
      const instead = behavior && await carryOut(behavior, stop.signal);
      return { response: instead ?? await service.handle(incoming, world, reply) };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return { response: service.refuse(error, reply, world), code: error.code };
    }
  }

  async function handle(request: Request): Promise<Response> {
    const incoming = await readRequest(request);
    const service = services.find((candidate) => candidate.claims(incoming));
    if (service === undefined) throw new Error(`no service claims ${request.url}`);
    const operation = service.describe(incoming);
    const call = {
      service: service.service,
      ...operation,
      ...await claimedSigner(incoming),
      host: incoming.headers.get("host") ?? "",
    };
    try {
      const { response, code } = await answer(incoming, service, operation.action);
      calls.push({
        ...call,
        status: response.status,
        at: world.now(),
        ...code !== undefined && { code },
      });
      return response;
    } catch (error) {
      calls.push({ ...call, status: 0, at: world.now() });
      throw error;
    }
  }

  const server = await listen(handle, { port, ...options.tls && { tls: options.tls } });
  const url = `${options.tls ? "https" : "http"}://127.0.0.1:${server.port}`;
  return {
    url,
    issuer,
    addIdentityProvider: (provider) => void accounts.providers.push(provider),
    sso,
    outbound,
    signin,
    anywhere,
    calls,
    addUser: (user) => addUser(accounts, user),
    addRole: (role) => addRole(accounts, role),
    addSamlProvider: (provider) => void accounts.samlProviders.set(provider.arn, provider),
    identity: (accessKeyId) => accounts.credentials.get(accessKeyId)?.principal,
    behave: (next, times = 1) => behaviors.add(next, times),
    clearBehaviors: () => behaviors.clear(),
    accessKeys: (arn) =>
      [...accounts.credentials.values()].flatMap(({ accessKeyId: id, key, principal }) =>
        key && principal.arn === arn ? [{ id, active: key.active }] : []
      ),
    forgetKey: (id) => void accounts.credentials.delete(id),
    newKeysUnknownFor: (requests) => void (newKeyDelay = requests),
    skew: (ms) => void (ahead = ms),
    becomeGateway: (to) => void (gateway = to),
    minimumTokenSize: (bytes) => void (tokenSize = bytes),
    passwordLife: (ms) => void (issued.life = ms),
    secrets: () => [
      ...allSecrets(accounts),
      issuer.bearer,
      ...issuer.signed,
      ...sso.secrets,
      ...outbound.signed,
      ...signin.secrets,
      ...issued.passwords,
    ],
    handle,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server[Symbol.asyncDispose]();
    },
  };
}
