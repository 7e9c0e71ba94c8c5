import { rfc3339 } from "../../model/credentials.ts";
import { certificateWarning } from "../../model/roles_anywhere.ts";
import { type Certificate, isIssuedBy } from "./certificate.ts";
import { allowsSignatures, hasWeakSignature } from "./der.ts";

/** What AWS will refuse, or what needs attention. */
export interface CertificateProblem {
  readonly level: "failed" | "warning";
  /** A sentence without a full stop. */
  readonly text: string;
}

/**
 * What is wrong with a certificate for IAM Roles Anywhere, and with its chain.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
 *
 * @param now milliseconds since 1970
 */
export function certificateProblems(
  [own, ...others]: readonly [Certificate, ...Certificate[]],
  now: number,
): readonly CertificateProblem[] {
  const signs = allowsSignatures(own.der);
  const uses: readonly (readonly [boolean, string])[] = [
    [own.isForClients, "the certificate is not for client authentication (extended key usage)"],
    [signs !== false, "the certificate is not for digital signatures (key usage)"],
    [
      Boolean(own.x509.subject),
      "the certificate has no subject, which IAM Roles Anywhere requires",
    ],
    [!hasWeakSignature(own.der), weak("the certificate")],
    [!own.x509.ca, "the certificate is that of a CA, which IAM Roles Anywhere does not accept"],
  ];
  return [
    ...timeProblems(own, "the certificate", now),
    ...uses.flatMap(([isRight, text]) => isRight ? [] : [{ level: "failed" as const, text }]),
    ...signs === undefined ? [{ level: "warning" as const, text: withoutKeyUsage }] : [],
    ...others.flatMap((issuer, at) => {
      const name = `the CA certificate ${issuer.subject}`;
      const isWeak = issuer.issuer !== issuer.subject && hasWeakSignature(issuer.der);
      return [
        ...isWeak ? [{ level: "failed" as const, text: weak(name) }] : [],
        ...timeProblems(issuer, name, now),
        ...chainProblems(others[at - 1] ?? own, issuer, name),
      ];
    }),
  ];
}

const withoutKeyUsage =
  "the certificate names no key usage, and IAM Roles Anywhere requires digital signature";

function weak(name: string): string {
  return `${name} is signed with SHA-1 or MD5, which IAM Roles Anywhere rejects`;
}

function timeProblems(
  { begins, ends }: Certificate,
  name: string,
  now: number,
): readonly CertificateProblem[] {
  if (begins > now) {
    return [{ level: "failed", text: `${name} is not valid before ${rfc3339(begins)}` }];
  }
  const text = certificateWarning(name, ends, now);
  return text === undefined ? [] : [{ level: ends <= now ? "failed" : "warning", text }];
}

/** AWS may build the chain from another order, so a wrong one is only a warning. */
function chainProblems(
  certificate: Certificate,
  issuer: Certificate,
  name: string,
): readonly CertificateProblem[] {
  if (!isIssuedBy(certificate, issuer)) {
    return [{
      level: "warning",
      text:
        `the chain is broken: ${certificate.subject} was not issued by the next certificate, ${issuer.subject}`,
    }];
  }
  return issuer.x509.ca ? [] : [{ level: "failed", text: `${name} is not that of a CA` }];
}
