/**
 * IAM Roles Anywhere: verifies the certificate, its chain and the signature, without athm's code.
 *
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html
 *
 * @module
 */

import "../certificates.ts"; // prepares the library below
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
} from "@peculiar/x509";
import { createPublicKey, verify } from "node:crypto";
import { assumedRole, issue } from "./accounts.ts";
import { AwsError } from "./answers.ts";
import { parseAuthorization } from "./authenticate.ts";
import type { Incoming, Operation, Service, World } from "./service.ts";
import { canonicalRequest, sha256Hex } from "./sigv4.ts";

const service = "rolesanywhere";
/** Milliseconds. */
const dateWindow = 5 * 60_000;
const clientAuth = "1.3.6.1.5.5.7.3.2";

function denied(message: string): AwsError {
  return new AwsError(403, "AccessDeniedException", message);
}

function invalid(message: string): AwsError {
  return new AwsError(400, "ValidationException", message);
}

function missing(message: string): AwsError {
  return new AwsError(404, "ResourceNotFoundException", message);
}

/** `20260101T000000Z` in milliseconds. */
function timeOf(stamp: string): number {
  const [, day = "", time = ""] = /^(\d{8})T(\d{6})Z$/.exec(stamp) ?? [];
  const dashed = day.replace(/(....)(..)(..)/, "$1-$2-$3");
  return Date.parse(`${dashed}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`);
}

/** The leaf and the CAs that were sent. */
function certificatesOf({ headers }: Incoming): [X509Certificate, ...X509Certificate[]] {
  const chain = headers.get("x-amz-x509-chain");
  const texts = [headers.get("x-amz-x509") ?? "", ...chain === undefined ? [] : chain.split(",")];
  try {
    const [own, ...cas] = texts.map((text) => new X509Certificate(Uint8Array.fromBase64(text)));
    if (own && cas.length <= 5) return [own, ...cas];
  } catch {
    // Below.
  }
  throw invalid("Invalid certificate");
}

async function checkChain(
  [own, ...cas]: readonly [X509Certificate, ...X509Certificate[]],
  root: X509Certificate,
  now: Date,
): Promise<void> {
  const untrusted = () => denied("Untrusted signing certificate");
  const isCa = (one: X509Certificate) => one.getExtension(BasicConstraintsExtension)?.ca === true;
  const uses = own.getExtension(ExtendedKeyUsageExtension)?.usages;
  const usage = own.getExtension(KeyUsagesExtension)?.usages ?? 0;
  if (isCa(own) || (usage & KeyUsageFlags.digitalSignature) === 0) throw untrusted();
  if (uses && !uses.map(String).includes(clientAuth)) throw untrusted();
  let at = own;
  for (const left = [root, ...cas];;) {
    if (now < at.notBefore || now > at.notAfter) throw denied("Certificate expired");
    const next = left.findIndex((ca) => isCa(ca) && ca.subject === at.issuer);
    const [issuer] = next < 0 ? [] : left.splice(next, 1);
    if (!issuer || !await at.verify({ publicKey: issuer.publicKey, signatureOnly: true })) {
      throw untrusted();
    }
    if (issuer === root) return;
    at = issuer;
  }
}

/** Verifies the request's signature with the certificate's key. */
async function checkSignature(
  incoming: Incoming,
  certificate: X509Certificate,
  now: number,
): Promise<{ readonly region: string; readonly canonical: string }> {
  const isRsa = certificate.publicKey.algorithm.name.startsWith("RSA");
  const algorithm = `AWS4-X509-${isRsa ? "RSA" : "ECDSA"}-SHA256`;
  const { headers } = incoming;
  const claim = await parseAuthorization(headers.get("authorization"), algorithm);
  const { accessKeyId: serial, scope, signedHeaders } = claim;
  if (serial !== BigInt(`0x${certificate.serialNumber}`).toString()) {
    throw denied("The serial number does not match the certificate");
  }
  if (scope.service !== service) throw denied(`Credential should be scoped to '${service}'`);
  const sent = [...headers.keys()].filter((name) =>
    ["host", "content-type"].includes(name) || name.startsWith("x-amz-")
  );
  const unsigned = [...sent, "x-amz-date", "x-amz-x509"].find((name) =>
    !signedHeaders.includes(name)
  );
  if (unsigned !== undefined) throw denied(`The header ${unsigned} is not signed`);
  const date = headers.get("x-amz-date") ?? "";
  if (date.slice(0, 8) !== scope.date || !(Math.abs(timeOf(date) - now) <= dateWindow)) {
    throw denied(`Signature expired: ${date} is not close to the current time`);
  }
  const canonical = await canonicalRequest({ ...incoming, signedHeaders });
  const scoped = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  const hash = await sha256Hex(new TextEncoder().encode(canonical));
  const text = new TextEncoder().encode([algorithm, date, scoped, hash].join("\n"));
  const key = createPublicKey({
    key: new Uint8Array(certificate.publicKey.rawData) as never,
    format: "der",
    type: "spki",
  });
  const signature = /^(?:[0-9a-f]{2})+$/.test(claim.signature)
    ? Uint8Array.fromHex(claim.signature)
    : new Uint8Array();
  if (!verify("sha256", text, key, signature)) throw denied("Signature mismatch");
  return { region: scope.region, canonical };
}

interface Asked {
  readonly durationSeconds?: number;
  readonly roleSessionName?: string;
}

function bodyOf({ body }: Incoming): Asked {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw invalid("The body is not JSON");
  }
  const strange = Object.keys(value).find((name) =>
    !["durationSeconds", "roleSessionName", "instanceProperties", "sessionName"].includes(name)
  );
  if (strange !== undefined) throw invalid(`Unknown member ${strange}`);
  const { durationSeconds: seconds, roleSessionName: name } = value as Asked;
  if (
    seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 900 && seconds <= 43_200)
  ) {
    throw invalid("durationSeconds must be between 900 and 43200");
  }
  if (name !== undefined && !/^[\w+=,.@-]{2,64}$/.test(name)) throw invalid("roleSessionName");
  return value;
}

function describe(incoming: Incoming): Operation {
  const params = Object.fromEntries(new URLSearchParams(incoming.query));
  try {
    const { durationSeconds, roleSessionName } = JSON.parse(
      new TextDecoder().decode(incoming.body),
    );
    const given = { durationSeconds, roleSessionName };
    for (const [name, value] of Object.entries(given)) {
      if (value !== undefined) params[name] = String(value);
    }
  } catch {
    // Handled later.
  }
  return { action: "CreateSession", params };
}

async function createSession(incoming: Incoming, world: World) {
  const { anywhere, accounts, now } = world;
  const names = [...new URLSearchParams(incoming.query).keys()].sort().join();
  if (names !== "profileArn,roleArn,trustAnchorArn") throw invalid(`parameters: ${names}`);
  const params = new URLSearchParams(incoming.query);
  const get = (name: string) => params.get(name) ?? "";
  const certificates = certificatesOf(incoming);
  const [own] = certificates;
  const { region, canonical } = await checkSignature(incoming, own, now());
  const asked = bodyOf(incoming);
  const anchor = anywhere.anchors.get(get("trustAnchorArn"));
  if (!anchor) throw missing("Trust anchor not found");
  if (get("trustAnchorArn").split(":")[3] !== region) throw denied("Wrong region in the scope");
  if (!anchor.enabled) throw denied("Trust anchor is disabled");
  await checkChain(certificates, new X509Certificate(anchor.root), new Date(now()));
  if (anywhere.revoked.has(own.serialNumber)) throw denied("Certificate revoked");
  const profile = anywhere.profiles.get(get("profileArn"));
  if (!profile) throw missing("Profile not found");
  if (!profile.enabled) throw denied("Profile is disabled");
  const role = accounts.roles.get(get("roleArn"));
  if (!profile.roles.has(get("roleArn"))) throw denied("Role is not associated with the profile");
  const trusts = role?.trusts.some((each) => ["*", "rolesanywhere.amazonaws.com"].includes(each));
  if (!role || !trusts) throw denied(`Unable to assume role for ${get("roleArn")}`);
  if (asked.roleSessionName !== undefined && !profile.acceptsSessionName) {
    throw denied("Not authorized to set roleSessionName.");
  }
  const sessionName = asked.roleSessionName ?? own.serialNumber;
  const duration = Math.min(asked.durationSeconds ?? 3600, profile.duration);
  if (duration > role.maxDuration) {
    throw denied("The requested DurationSeconds exceeds the MaxSessionDuration of the role");
  }
  const [name = ""] = own.subjectName.getField("CN");
  const principal = assumedRole(role, sessionName, {
    roleArn: role.arn,
    sessionName,
    tags: [{ key: "x509Subject/CN", value: name }],
    transitiveTagKeys: [],
    sourceIdentity: `CN=${name}`,
    policyArns: [],
  });
  const issued = issue(accounts, principal, now() + 1000 * world.sessionLifetime(duration));
  anywhere.verified.push(canonical);
  return {
    credentialSet: [{
      assumedRoleUser: { arn: principal.arn, assumedRoleId: principal.userId },
      credentials: {
        accessKeyId: issued.accessKeyId,
        secretAccessKey: issued.secretAccessKey,
        sessionToken: issued.sessionToken,
        expiration: new Date(issued.expiresAt).toISOString().replace(".000Z", "Z"),
      },
      packedPolicySize: 10,
      roleArn: role.arn,
      sourceIdentity: `CN=${name}`,
    }],
    subjectArn: get("trustAnchorArn").replace(/:trust-anchor\/.*/, `:subject/1`),
  };
}

export const rolesAnywhere: Service = {
  service,
  claims: ({ method, path }) => method === "POST" && path === "/sessions",
  describe,
  async handle(incoming, world, { requestId, now }) {
    return Response.json(await createSession(incoming, world), {
      status: 201,
      headers: { "date": new Date(now).toUTCString(), "x-amzn-requestid": requestId },
    });
  },
  refuse: ({ status, code, message }, { requestId, now }) =>
    Response.json({ message }, {
      status,
      headers: {
        "date": new Date(now).toUTCString(),
        "x-amzn-errortype": code,
        "x-amzn-requestid": requestId,
      },
    }),
};
