import { areVisible } from "../aws/issued.ts";
import { percentEncoded } from "../aws/sigv4.ts";
import { Failure, usage } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import { Secret } from "../model/secret.ts";
import type { System } from "../system/system.ts";
import { ask, endpointFor } from "./ask.ts";
import type { OwnSession } from "./place.ts";

export interface ArtifactDomain {
  readonly domain: string;
  /** The account that owns it; default: the session's. */
  readonly owner?: string | undefined;
  readonly region: string;
}

export interface ArtifactToken {
  readonly token: Secret;
  /** Milliseconds since 1970 on AWS's clock. */
  readonly expires: number;
}

/** A package manager: how CodeArtifact calls its format, and what the manager reads. */
export interface PackageManager {
  readonly format: string;
  /** The help of its option. */
  readonly help: string;
  /** @param endpoint ends with a slash */
  readonly print: (endpoint: string, token: Secret, id: string) => string;
}

/** By option. */
export const packageManagers: Readonly<Record<string, PackageManager>> = {
  npm: {
    format: "npm",
    help: "print the lines of an .npmrc",
    print: (endpoint, token) =>
      `registry=${endpoint}\n` +
      `${endpoint.replace(/^https:/, "")}:_authToken=${token.reveal()}\n`,
  },
  pip: {
    format: "pypi",
    help: "print the section of a pip.conf",
    print: (endpoint, token) =>
      `[global]\nindex-url = ${
        endpoint.replace("://", `://aws:${percentEncoded(token.reveal())}@`)
      }simple/\n`,
  },
  maven: {
    format: "maven",
    help: "print a settings.xml",
    print: (endpoint, token, id) =>
      `<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">
  <servers>
    <server>
      <id>${id}</id>
      <username>aws</username>
      <password>${xmlText(token.reveal())}</password>
    </server>
  </servers>
  <profiles>
    <profile>
      <id>${id}</id>
      <repositories>
        <repository>
          <id>${id}</id>
          <url>${endpoint}</url>
        </repository>
      </repositories>
    </profile>
  </profiles>
  <activeProfiles>
    <activeProfile>${id}</activeProfile>
  </activeProfiles>
</settings>
`,
  },
};

/** @throws {Failure} `usage` */
export function checkDomain(domain: string, owner: string | undefined): void {
  if (!/^[a-z][a-z0-9-]{0,48}[a-z0-9]$/.test(domain)) {
    throw usage("--domain must be 2 to 50 lower-case letters, digits and hyphens");
  }
  if (owner !== undefined && !/^\d{12}$/.test(owner)) {
    throw usage("--owner is not a 12-digit account ID");
  }
}

/** @throws {Failure} `usage` */
export function checkRepository(repository: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{1,99}$/.test(repository)) return repository;
  throw usage("--repository must be 2 to 100 letters, digits and ._-");
}

/**
 * @param seconds default: AWS's 12 hours
 * @see https://docs.aws.amazon.com/codeartifact/latest/APIReference/API_GetAuthorizationToken.html
 */
export async function artifactToken(
  system: System,
  from: OwnSession,
  domain: ArtifactDomain,
  seconds?: number,
): Promise<ArtifactToken> {
  const endpoint = endpointFor(system, "codeartifact", domain.region, from.profile);
  const { authorizationToken, expiration } = await ask(system, from, endpoint, {
    service: "codeartifact",
    action: "GetAuthorizationToken",
    permission: "codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken",
    method: "POST",
    path: `/v1/authorization-token?${query(domain, { duration: seconds })}`,
  });
  const isWhole = typeof authorizationToken === "string" && areVisible([authorizationToken]) &&
    typeof expiration === "number";
  if (!isWhole) throw incomplete(endpoint.url, "GetAuthorizationToken");
  return { token: new Secret(authorizationToken), expires: Math.floor(expiration * 1000) };
}

/** @see https://docs.aws.amazon.com/codeartifact/latest/APIReference/API_GetRepositoryEndpoint.html */
export async function repositoryEndpoint(
  system: System,
  from: OwnSession,
  domain: ArtifactDomain,
  repository: string,
  format: string,
): Promise<string> {
  const endpoint = endpointFor(system, "codeartifact", domain.region, from.profile);
  const { repositoryEndpoint: url } = await ask(system, from, endpoint, {
    service: "codeartifact",
    action: "GetRepositoryEndpoint",
    method: "GET",
    path: `/v1/repository/endpoint?${query(domain, { format, repository })}`,
  });
  if (typeof url === "string" && /^https:\/\/[a-z0-9.-]{1,253}\/[\w./-]{1,300}$/.test(url)) {
    return url.replace(/\/*$/, "/");
  }
  throw incomplete(endpoint.url, "GetRepositoryEndpoint");
}

function query(
  { domain, owner }: ArtifactDomain,
  more: Readonly<Record<string, string | number | undefined>>,
): string {
  return Object.entries(defined({ domain, "domain-owner": owner, ...more }))
    .map(([name, value]) => `${name}=${percentEncoded(`${value}`)}`).join("&");
}

function incomplete(url: string, action: string): Failure {
  return new Failure(
    "network",
    `${new URL(url).host} returned an incomplete response to ${action}`,
    "check that AWS_ENDPOINT_URL_CODEARTIFACT is the URL of CodeArtifact",
  );
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
