/**
 * SAML responses as identity providers create them for AWS, valid and invalid.
 *
 * @module
 */

// @ts-types="./xml_crypto.d.ts"
import { SignedXml } from "xml-crypto";
import type { PemPair } from "../certificates.ts";

/** A response's content; the default of every field is valid. */
export interface ResponseOptions {
  readonly issuer?: string;
  /** Pairs of a role's and a provider's ARN, as in the attribute. */
  readonly roles?: readonly string[];
  readonly sessionName?: string;
  /** Seconds, as text. */
  readonly duration?: string;
  /** Time of issue: milliseconds since 1970. */
  readonly now?: number;
  /** Validity in milliseconds. */
  readonly life?: number;
  readonly audience?: string;
  readonly recipient?: string;
  /** The last part of a status code, such as `Responder`. */
  readonly status?: string;
  readonly statusMessage?: string;
  readonly encrypted?: boolean;
  readonly sessionNotOnOrAfter?: number;
  /** What is signed; `none` for a provider that does not sign. */
  readonly signs?: "assertion" | "response" | "none";
}

const names = "https://aws.amazon.com/SAML/Attributes/";

export const goodRole =
  "arn:aws:iam::123456789012:role/dev,arn:aws:iam::123456789012:saml-provider/idp";

/** The response's XML, not signed. */
export function responseXml(options: ResponseOptions = {}): string {
  const { issuer = "urn:example:idp", now = Date.now(), life = 300_000 } = options;
  const { audience = "urn:amazon:webservices", status = "Success" } = options;
  const { recipient = "https://signin.aws.amazon.com/saml" } = options;
  const at = (ms: number) => new Date(ms).toISOString();
  const text = (value: string) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const attribute = (name: string, values: readonly string[]) =>
    values.length === 0
      ? ""
      : `<saml:Attribute Name="${names}${name}">${
        values.map((value) => `<saml:AttributeValue>${text(value)}</saml:AttributeValue>`).join("")
      }</saml:Attribute>`;
  const ends = at(now + life);
  const session = options.sessionNotOnOrAfter;
  const assertion = `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ` +
    `ID="_a${crypto.randomUUID()}" Version="2.0" IssueInstant="${at(now)}">` +
    `<saml:Issuer>${text(issuer)}</saml:Issuer><saml:Subject><saml:NameID>ann</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">` +
    `<saml:SubjectConfirmationData NotOnOrAfter="${ends}" Recipient="${text(recipient)}"/>` +
    `</saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${at(now - 30_000)}" NotOnOrAfter="${ends}">` +
    `<saml:AudienceRestriction><saml:Audience>${text(audience)}</saml:Audience>` +
    `</saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${at(now)}"` +
    `${session === undefined ? "" : ` SessionNotOnOrAfter="${at(session)}"`}>` +
    `<saml:AuthnContext><saml:AuthnContextClassRef>` +
    `urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>` +
    `</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>` +
    attribute("Role", options.roles ?? [goodRole]) +
    attribute("RoleSessionName", [options.sessionName ?? "ann@example.com"]) +
    attribute("SessionDuration", options.duration === undefined ? [] : [options.duration]) +
    `</saml:AttributeStatement></saml:Assertion>`;
  const inside = status !== "Success"
    ? ""
    : options.encrypted
    ? `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>`
    : assertion;
  const message = options.statusMessage === undefined
    ? ""
    : `<samlp:StatusMessage>${text(options.statusMessage)}</samlp:StatusMessage>`;
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ` +
    `ID="_r${crypto.randomUUID()}" Version="2.0" IssueInstant="${at(now)}">` +
    `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${status}"/>` +
    `${message}</samlp:Status>${inside}</samlp:Response>`;
}

/** Signs the XML as providers do: enveloped, RSA-SHA256, exclusive canonicalization. */
export function signed(xml: string, pair: PemPair, what: "Assertion" | "Response"): string {
  const c14n = "http://www.w3.org/2001/10/xml-exc-c14n#";
  const signature = new SignedXml({
    privateKey: pair.key,
    publicCert: pair.cert,
    signatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    canonicalizationAlgorithm: c14n,
  });
  signature.addReference({
    xpath: `//*[local-name(.)='${what}']`,
    transforms: ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", c14n],
    digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256",
  });
  signature.computeSignature(xml, {
    location: { reference: `//*[local-name(.)='${what}']`, action: "append" },
  });
  return signature.getSignedXml();
}

/** The response in base64, as posted to AWS. */
export function samlResponse(pair: PemPair, options: ResponseOptions = {}): string {
  const { signs = "assertion" } = options;
  const xml = responseXml(options);
  const sealed =
    signs === "none" || options.encrypted || (options.status ?? "Success") !== "Success"
      ? xml
      : signed(xml, pair, signs === "assertion" ? "Assertion" : "Response");
  return base64(sealed);
}

export function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}
