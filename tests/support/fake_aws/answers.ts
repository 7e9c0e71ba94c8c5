/**
 * Responses of AWS's query protocol: XML with a request ID, and errors with a code.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 *
 * @module
 */

import type { IssuedCredential } from "./accounts.ts";

/** What a response requires. */
export interface Reply {
  readonly requestId: string;
  /** The fake's clock: milliseconds since 1970. */
  readonly now: number;
}

/** An error that is sent to the caller as an `ErrorResponse`. */
export class AwsError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "AwsError";
    this.status = status;
    this.code = code;
  }
}

/** 403 `AccessDenied`. */
export function accessDenied(message: string): AwsError {
  return new AwsError(403, "AccessDenied", message);
}

/** 400 `ValidationError`. */
export function validationError(message: string): AwsError {
  return new AwsError(400, "ValidationError", message);
}

/** The XML of an element's content: text, or elements in the order of the record's keys. */
export type Xml = string | { readonly [element: string]: Xml | readonly Xml[] | undefined };

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Writes elements; `undefined` ones are left out, an array repeats its element. */
export function xml(content: Xml): string {
  if (typeof content === "string") {
    return content.replace(/[&<>"']/g, (character) => entities[character] ?? "");
  }
  return Object.entries(content).map(([name, value]) => {
    if (value === undefined) return "";
    const all: readonly Xml[] = Array.isArray(value) ? value : [value];
    return all.map((one) => `<${name}>${xml(one)}</${name}>`).join("");
  }).join("");
}

/** The content of a `Credentials` element. */
export function credentialsXml(issued: IssuedCredential): Xml {
  return {
    AccessKeyId: issued.accessKeyId,
    SecretAccessKey: issued.secretAccessKey,
    SessionToken: issued.sessionToken,
    Expiration: new Date(issued.expiresAt).toISOString().replace(".000Z", "Z"),
  };
}

/** What an XML response requires. */
export interface AnswerContext extends Reply {
  /** The service's XML namespace. */
  readonly namespace: string;
}

function respond(status: number, body: string, context: AnswerContext): Response {
  return new Response(body, {
    status,
    headers: {
      "content-type": "text/xml",
      // SDKs correct their clock from this header when a signature is rejected for its date.
      "date": new Date(context.now).toUTCString(),
      "x-amzn-requestid": context.requestId,
    },
  });
}

/** A 200 with `<ActionResponse><ActionResult>…`. */
export function answerXml(action: string, result: Xml, context: AnswerContext): Response {
  const body = `<${action}Response xmlns="${context.namespace}">` +
    xml({
      [`${action}Result`]: result,
      ResponseMetadata: { RequestId: context.requestId },
    }) +
    `</${action}Response>`;
  return respond(200, body, context);
}

/** The `ErrorResponse` for an error. */
export function answerError(error: AwsError, context: AnswerContext): Response {
  const body = `<ErrorResponse xmlns="${context.namespace}">` +
    xml({
      Error: {
        Type: error.status < 500 ? "Sender" : "Receiver",
        Code: error.code,
        Message: error.message,
      },
      RequestId: context.requestId,
    }) +
    `</ErrorResponse>`;
  return respond(error.status, body, context);
}
