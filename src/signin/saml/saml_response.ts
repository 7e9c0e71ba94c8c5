import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from "saxes";
import { Failure } from "../../model/failure.ts";
import type { Secret } from "../../model/secret.ts";
import { isAwsSamlEndpoint } from "./aws_saml_endpoint.ts";

export interface OfferedRole {
  readonly roleArn: string;
  readonly providerArn: string;
}

/**
 * The relevant content of a SAML response. It is not verified: STS checks the signature, and athm
 * only decides which call to make.
 */
export interface SamlResponse {
  readonly roles: readonly OfferedRole[];
  /** Seconds, as requested by the provider. */
  readonly duration?: number;
  readonly issuer?: string;
  readonly audiences: readonly string[];
  /** Milliseconds since 1970 on the provider's clock. */
  readonly issued?: number;
  /** Milliseconds since 1970 on the provider's clock. */
  readonly notOnOrAfter?: number;
}

const longest = 100_000;
/** Far above any real response. */
const limits = { depth: 64, elements: 5_000, attributes: 64 };

const namespaces: Readonly<Record<string, string>> = {
  "urn:oasis:names:tc:SAML:2.0:protocol": "p",
  "urn:oasis:names:tc:SAML:2.0:assertion": "a",
};

const success = "urn:oasis:names:tc:SAML:2.0:status:Success";
const attributes = "https://aws.amazon.com/SAML/Attributes/";

/** The paths of elements whose values are read. */
const place = {
  status: "p:Response/p:Status/p:StatusCode",
  subStatus: "p:Response/p:Status/p:StatusCode/p:StatusCode",
  statusMessage: "p:Response/p:Status/p:StatusMessage",
  assertion: "p:Response/a:Assertion",
  encrypted: "p:Response/a:EncryptedAssertion",
  issuer: "p:Response/a:Assertion/a:Issuer",
  conditions: "p:Response/a:Assertion/a:Conditions",
  audience: "p:Response/a:Assertion/a:Conditions/a:AudienceRestriction/a:Audience",
  confirmation: "p:Response/a:Assertion/a:Subject/a:SubjectConfirmation/a:SubjectConfirmationData",
  attribute: "p:Response/a:Assertion/a:AttributeStatement/a:Attribute",
  value: "p:Response/a:Assertion/a:AttributeStatement/a:Attribute/a:AttributeValue",
} as const;

interface ResponseParts {
  response: boolean;
  assertions: number;
  encrypted: boolean;
  status?: string;
  subStatus?: string;
  statusMessage?: string;
  issuer?: string;
  issued?: number;
  audiences: string[];
  ends: number[];
  values: Map<string, string[]>;
}

/**
 * Parses a SAML response as a browser posts it to AWS: base64 of XML.
 *
 * Rejects document types, and thus custom entities, and fetches nothing.
 * https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf, sections 2 and 3.2
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
 *
 * @throws {Failure} `source` if it is invalid, reports an error, or is not for AWS. Quotes at most
 * names chosen by the provider.
 */
export function readSamlResponse(assertion: Secret): SamlResponse {
  const found = parse(decoded(assertion.reveal()));
  if (!found.response) throw notResponse("its root element is not a SAML 2.0 Response");
  refuseDenial(found);
  if (found.assertions === 0) {
    throw found.encrypted
      ? new Failure(
        "source",
        "the assertion is encrypted, so athm cannot read the roles in it",
        "disable assertion encryption for AWS at the provider; the connection is encrypted anyway",
      )
      : notResponse("it contains no assertion");
  }
  if (found.assertions > 1) throw notResponse("it contains more than one assertion");
  refuseOtherAudience(found);
  const [duration] = found.values.get(`${attributes}SessionDuration`) ?? [];
  return {
    roles: offeredRoles(found.values.get(`${attributes}Role`) ?? []),
    ...duration !== undefined && /^\d{1,6}$/.test(duration) ? { duration: Number(duration) } : {},
    ...found.issuer ? { issuer: found.issuer } : {},
    audiences: found.audiences,
    ...found.issued !== undefined ? { issued: found.issued } : {},
    ...found.ends.length ? { notOnOrAfter: Math.min(...found.ends) } : {},
  };
}

function decoded(text: string): string {
  const base64 = text.replaceAll(/[\r\n\t ]/g, "");
  if (base64 === "") throw notResponse("it is empty");
  if (base64.length > longest) {
    throw notResponse(`it has ${base64.length} characters, but AWS accepts at most ${longest}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(base64));
  } catch {
    throw notResponse("it is not base64-encoded UTF-8 text");
  }
}

function parse(xml: string): ResponseParts {
  const found: ResponseParts = {
    response: false,
    assertions: 0,
    encrypted: false,
    audiences: [],
    ends: [],
    values: new Map(),
  };
  const path: string[] = [];
  const texts: string[] = [];
  let elements = 0;
  let attribute = "";

  const parser = new SaxesParser({ xmlns: true, position: false });
  parser.on("doctype", () => {
    throw notResponse("it has a document type declaration, which SAML forbids");
  });
  parser.on("error", () => {
    throw notResponse("it is not well-formed XML");
  });
  parser.on("opentag", (tag) => {
    path.push(`${namespaces[tag.uri] ?? "?"}:${tag.local}`);
    texts.push("");
    if (path.length > limits.depth || ++elements > limits.elements) {
      throw notResponse("it has too many elements");
    }
    if (Object.keys(tag.attributes).length > limits.attributes) {
      throw notResponse("it has too many attributes");
    }
    open(found, path.join("/"), tag);
    if (path.join("/") === place.attribute) attribute = valueOf(tag, "Name") ?? "";
  });
  const add = (text: string) => {
    if (texts.length) texts[texts.length - 1] += text;
  };
  parser.on("text", add);
  parser.on("cdata", add);
  parser.on("closetag", () => {
    close(found, path.join("/"), attribute, texts.pop()?.trim() ?? "");
    path.pop();
  });
  parser.write(xml).close();
  return found;
}

function open(found: ResponseParts, path: string, tag: SaxesTagNS): void {
  const ends = () => {
    const time = timeOf(valueOf(tag, "NotOnOrAfter"));
    if (time !== undefined) found.ends.push(time);
  };
  switch (path) {
    case "p:Response":
      found.response = true;
      break;
    case place.assertion: {
      found.assertions++;
      const issued = timeOf(valueOf(tag, "IssueInstant"));
      if (issued !== undefined) found.issued = issued;
      break;
    }
    case place.encrypted:
      found.encrypted = true;
      break;
    case place.status:
      found.status = valueOf(tag, "Value") ?? "";
      break;
    case place.subStatus:
      found.subStatus = valueOf(tag, "Value") ?? "";
      break;
    case place.conditions:
    case place.confirmation:
      ends();
      break;
  }
}

function close(found: ResponseParts, path: string, attribute: string, text: string): void {
  switch (path) {
    case place.statusMessage:
      found.statusMessage = text;
      break;
    case place.issuer:
      found.issuer = text;
      break;
    case place.audience:
      found.audiences.push(text);
      break;
    case place.value:
      found.values.set(attribute, [...found.values.get(attribute) ?? [], text]);
      break;
  }
}

function valueOf(tag: SaxesTagNS, name: string): string | undefined {
  const found: SaxesAttributeNS | undefined = tag.attributes[name];
  return found?.value;
}

/** Milliseconds since 1970 of an `xs:dateTime`, which SAML requires in UTC. */
function timeOf(text: string | undefined): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00)$/.test(text ?? "")) {
    return undefined;
  }
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? undefined : time;
}

function refuseDenial({ status, subStatus, statusMessage }: ResponseParts): void {
  if (status === success) return;
  const reason = [subStatus, status].map((each) => each?.split(":").at(-1))
    .find((each) => each !== undefined && /^[A-Za-z]{1,40}$/.test(each)) ?? "no status";
  const message = statusMessage ? `: ${shown(statusMessage, 200)}` : "";
  throw new Failure(
    "source",
    `the identity provider denied the sign-in (${reason})${message}`,
    "check with the provider's administrator that the AWS application is assigned to you",
  );
}

/** An audience for AWS in any partition: a URN or a URL where assertions are posted. */
function isAws(audience: string): boolean {
  if (/^urn:amazon:webservices(?::[a-z0-9-]{1,40})?$/i.test(audience)) return true;
  const url = URL.parse(audience);
  return url !== null && isAwsSamlEndpoint(url);
}

function refuseOtherAudience({ audiences }: ResponseParts): void {
  if (audiences.length === 0 || audiences.some(isAws)) return;
  throw new Failure(
    "source",
    `the assertion is for ${shown(audiences[0] ?? "", 120)}, not for AWS`,
    "--saml-url must be the URL of the AWS application at the provider",
  );
}

/** Parses pairs of a role's and a provider's ARN, in either order. */
function offeredRoles(values: readonly string[]): OfferedRole[] {
  const roles = new Map<string, OfferedRole>();
  for (const value of values) {
    const parts = value.split(",").map((part) => part.trim());
    const roleArn = parts.find((part) => /^arn:[a-z-]+:iam::\d{12}:role\/[\x21-\x7e]+$/.test(part));
    const providerArn = parts.find((part) =>
      /^arn:[a-z-]+:iam::\d{12}:saml-provider\/[\x21-\x7e]+$/.test(part)
    );
    if (parts.length === 2 && roleArn && providerArn && !roles.has(roleArn)) {
      roles.set(roleArn, { roleArn, providerArn });
    }
  }
  return [...roles.values()];
}

/** Untrusted text in one line, without terminal control characters. */
export function shown(text: string, most: number): string {
  const clean = text.slice(0, 4096).replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}

function notResponse(why: string): Failure {
  return new Failure(
    "source",
    `the identity provider did not return a SAML response for AWS: ${why}`,
    "check that --saml-url starts the sign-in to AWS, or that --saml-command prints only the base64 text",
  );
}
