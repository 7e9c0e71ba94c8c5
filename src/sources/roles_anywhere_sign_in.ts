import { createSession } from "../aws/roles_anywhere.ts";
import type { X509Signer } from "../aws/sigv4_x509.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import { Failure } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import type { RolesAnywhereSource } from "../model/profile.ts";
import {
  anywhereEndpoint,
  anywhereRegion,
  type ShownCertificate,
} from "../model/roles_anywhere.ts";
import { certificateProblems } from "../signin/certificate/check.ts";
import { findTpmPassword, signOf } from "./roles_anywhere_key.ts";
import { identityOf } from "./roles_anywhere_identity.ts";
import { type Sign, signedByKey } from "../signin/certificate/signer.ts";
import {
  type ExchangeContext,
  type First,
  issuedFirst,
  type ProofContext,
  type Proven,
} from "./source.ts";

/** A certificate with its key, and where to use it. */
export interface AnywhereProof {
  readonly signer: X509Signer & { readonly shown: ShownCertificate };
  readonly endpoint: StsEndpoint;
}

/** Reads the files anew: another process may have replaced them. */
export async function proveByCertificate(
  source: RolesAnywhereSource,
  { system, network, help }: ProofContext,
): Promise<Proven<RolesAnywhereSource, AnywhereProof>> {
  const { trustAnchorArn, endpointUrl, tpm, tpmPassword, passphraseFile } = source;
  const region = anywhereRegion(trustAnchorArn, "trust-anchor", "--trust-anchor-arn");
  const endpoint = anywhereEndpoint(defined({ region, endpointUrl }), network);
  const { certificates, key } = await identityOf(source, system);
  const [own] = certificates;
  system.trace("certificate", { ends: new Date(own.ends).toISOString(), key: own.keyType });
  const isUnknown = tpm !== undefined && tpmPassword === undefined && passphraseFile === undefined;
  const password = isUnknown ? await findTpmPassword(source, own, system, help) : undefined;
  const told = {
    ...source,
    certificateEnds: own.ends,
    ...password && { tpmPassword: password.exists },
  };
  const problem = certificateProblems(certificates, system.now())
    .find(({ level }) => level === "failed")?.text;
  let sign: Sign;
  try {
    sign = key ? signedByKey(key) : await signOf(told, own, system, help, password?.typed);
  } catch (error) {
    // Saved, so that the next sign-in does not try the key without its password again.
    return { error, corrected: password && told };
  }
  return {
    proof: {
      endpoint,
      signer: {
        certificates: certificates.map(({ der }) => der),
        serial: own.serial,
        algorithm: own.keyType === "rsa" ? "RSA" : "ECDSA",
        sign,
        shown: { ...own, isKept: source.kept !== undefined, problem },
      },
    },
    source: told,
  };
}

export async function sessionFor(
  { trustAnchorArn, profileArn }: RolesAnywhereSource,
  { system, http: connect, role }: ExchangeContext,
  { signer, endpoint }: AnywhereProof,
): Promise<First> {
  const { roleArn, duration, sessionName } = role;
  if (roleArn === undefined) throw new Error("a certificate reached the exchange without a role");
  if (role.policy !== undefined || role.policyArns !== undefined) {
    throw new Failure("source", "IAM Roles Anywhere accepts no session policies");
  }
  const request = { trustAnchorArn, profileArn, roleArn, ...defined({ duration, sessionName }) };
  using http = await connect(endpoint.url);
  return issuedFirst(await createSession(system, http, endpoint, signer, request));
}
