/**
 * AssumeRoleWithSAML: an assertion is valid if the provider signed it, and the signed part is for
 * AWS, not expired, and offers the role.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
 *
 * @module
 */

// @ts-types="../saml/xmldom.d.ts"
import { DOMParser } from "@xmldom/xmldom";
// @ts-types="../saml/xml_crypto.d.ts"
import { SignedXml } from "xml-crypto";
import type { XmlElement } from "../saml/xmldom.d.ts";
import { assumedRole, type Role, type SamlProvider } from "./accounts.ts";
import { accessDenied, AwsError, validationError, type Xml } from "./answers.ts";
import { policiesOf } from "./policies.ts";
import type { Params } from "./limits.ts";
import type { World } from "./service.ts";
import { issueSession } from "./session_token.ts";

const protocol = "urn:oasis:names:tc:SAML:2.0:protocol";
const saml = "urn:oasis:names:tc:SAML:2.0:assertion";
const attributes = "https://aws.amazon.com/SAML/Attributes/";
const audience = ["urn:amazon:webservices", "https://signin.aws.amazon.com/saml"];
const bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/** Milliseconds for which an assertion is accepted. */
const usable = 5 * 60_000;

const invalid = (message: string) => new AwsError(400, "InvalidIdentityToken", message);
const expired = (message: string) => new AwsError(400, "ExpiredTokenException", message);

function parseXml(xml: string): XmlElement {
  const fail = (): never => {
    throw invalid("Invalid SAML response: not well-formed.");
  };
  const errorHandler = { warning: () => {}, error: fail, fatalError: fail };
  const document = new DOMParser({ errorHandler }).parseFromString(xml, "text/xml");
  if (document?.doctype || !document?.documentElement) return fail();
  return document.documentElement;
}

function children(element: XmlElement, space: string, name: string): XmlElement[] {
  return Array.from(element.childNodes)
    .filter((child) => child.namespaceURI === space && child.localName === name);
}

function descendants(element: XmlElement, space: string, name: string): XmlElement[] {
  return Array.from(element.getElementsByTagNameNS(space, name));
}

/** The signed assertion: anything outside a valid signature is ignored. */
function signedAssertion(xml: string, provider: SamlProvider): XmlElement {
  const root = parseXml(xml);
  if (root.namespaceURI !== protocol || root.localName !== "Response") {
    throw invalid("Invalid SAML response: no Response.");
  }
  for (const signature of descendants(root, "http://www.w3.org/2000/09/xmldsig#", "Signature")) {
    const check = new SignedXml({ publicCert: provider.certificate });
    try {
      check.loadSignature(signature);
      if (!check.checkSignature(xml)) continue;
    } catch {
      continue;
    }
    for (const signed of check.getSignedReferences()) {
      const element = parseXml(signed);
      if (element.namespaceURI === saml && element.localName === "Assertion") return element;
      const [inside] = children(element, saml, "Assertion");
      if (inside && element.localName === "Response") return inside;
    }
  }
  throw invalid("Response signature invalid (Service: AWSSecurityTokenService)");
}

function time(element: XmlElement | undefined, name: string): number | undefined {
  const text = element?.getAttribute(name);
  return text ? Date.parse(text) : undefined;
}

function texts(elements: readonly XmlElement[]): string[] {
  return elements.map((element) => element.textContent?.trim() ?? "");
}

function checkConditions(assertion: XmlElement, provider: SamlProvider, now: number): void {
  const [issuer] = texts(children(assertion, saml, "Issuer"));
  if (issuer !== provider.issuer) throw invalid("Issuer not present in specified provider");
  const [conditions] = children(assertion, saml, "Conditions");
  const audiences = texts(descendants(assertion, saml, "Audience"));
  if (!audiences.some((each) => audience.includes(each))) {
    throw invalid("Assertion's audience is not AWS");
  }
  const confirmations = descendants(assertion, saml, "SubjectConfirmation");
  const [data] = confirmations.filter((each) => each.getAttribute("Method") === bearer)
    .flatMap((each) => children(each, saml, "SubjectConfirmationData"));
  if (data?.getAttribute("Recipient") !== "https://signin.aws.amazon.com/saml") {
    throw invalid("Recipient of the SubjectConfirmationData is not AWS");
  }
  const made = time(assertion, "IssueInstant") ?? NaN;
  const ends = [time(conditions, "NotOnOrAfter"), time(data, "NotOnOrAfter"), made + usable]
    .filter((each) => each !== undefined);
  if (ends.length < 3 || !ends.every((end) => now < end)) {
    throw expired("Token must be redeemed within 5 minutes of issuance");
  }
  if (now < (time(conditions, "NotBefore") ?? 0) - 60_000) {
    throw invalid("Assertion is not yet valid");
  }
}

function valuesOf(assertion: XmlElement, name: string): string[] {
  return descendants(assertion, saml, "Attribute")
    .filter((each) => each.getAttribute("Name") === attributes + name)
    .flatMap((each) => texts(children(each, saml, "AttributeValue")));
}

function offers(assertion: XmlElement, role: Role, providerArn: string): boolean {
  return valuesOf(assertion, "Role").some((value) => {
    const pair = value.split(",").map((part) => part.trim());
    return pair.length === 2 && pair.includes(role.arn) && pair.includes(providerArn);
  });
}

/** Answers a call whose parameters are within their limits. */
export function assumeRoleWithSaml(world: World, params: Params): Xml {
  const { RoleArn: roleArn = "", PrincipalArn: providerArn = "" } = params;
  const { accounts } = world;
  const provider = accounts.samlProviders.get(providerArn);
  if (!provider) throw invalid(`No SAML provider ${providerArn}`);
  const xml = decoded(params["SAMLAssertion"] ?? "");
  const assertion = signedAssertion(xml, provider);
  checkConditions(assertion, provider, world.now());

  const role = accounts.roles.get(roleArn);
  const trusted = role?.trusts.some((each) => each === "*" || each === providerArn);
  if (!role || !trusted || !offers(assertion, role, providerArn)) {
    throw accessDenied("Not authorized to perform sts:AssumeRoleWithSAML");
  }
  const [sessionName = ""] = valuesOf(assertion, "RoleSessionName");
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    throw invalid("RoleSessionName is required in the SAML assertion");
  }
  const seconds = Number(params["DurationSeconds"] ?? 3600);
  if (seconds > role.maxDuration) {
    throw validationError(
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
  }
  const asked = world.now() + 1000 * world.sessionLifetime(seconds);
  const [statement] = descendants(assertion, saml, "AuthnStatement");
  const assumed = assumedRole(role, sessionName, {
    roleArn,
    sessionName,
    tags: [],
    transitiveTagKeys: [],
    ...policiesOf(params, role.partition),
  });
  const ends = Math.min(asked, time(statement, "SessionNotOnOrAfter") ?? asked);
  return {
    AssumedRoleUser: { AssumedRoleId: assumed.userId, Arn: assumed.arn },
    ...issueSession(world, assumed, ends, params),
    Subject: texts(descendants(assertion, saml, "NameID"))[0] ?? "",
    SubjectType: "persistent",
    Issuer: provider.issuer,
    Audience: "https://signin.aws.amazon.com/saml",
    NameQualifier: "fake",
  };
}

function decoded(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(base64));
  } catch {
    throw invalid("Invalid base64 SAMLResponse");
  }
}
