import { type ConnectionServer, type Limits, serveConnections } from "../system/connections.ts";
import type { RequestHead } from "../system/http_head.ts";
import type { Listener } from "../system/listener.ts";

export interface HttpResponse {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
  readonly location?: string;
  readonly sent?: () => void;
}

const defaultLimits: Limits = { requests: 512, waiting: 1024, headTime: 2000, headBytes: 8192 };

export function serveHttp(
  listener: Listener,
  answer: (request: RequestHead, peerPort: number) => Promise<HttpResponse>,
  limits: Limits = defaultLimits,
): ConnectionServer {
  return serveConnections(listener, {
    async answer(head, peerPort) {
      const given = head ? await answer(head, peerPort) : unreadable;
      return { bytes: encode(given), sent: given.sent };
    },
    busy: encode(busy),
    slow: encode(slow),
  }, limits);
}

const busy: HttpResponse = refusal(503, "Busy", "too many connections at once");
const unreadable: HttpResponse = refusal(
  400,
  "BadRequest",
  "this server does not understand the request",
);
const slow: HttpResponse = refusal(408, "RequestTimeout", "the request did not come in time");

/** An error in both spellings: Go's SDK reads `code` and `message`, JavaScript's `Code` and `Message`. */
export function refusal(status: number, code: string, message: string): HttpResponse {
  return { status, body: { code, message, Code: code, Message: message } };
}

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  303: "See Other",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  410: "Gone",
  503: "Service Unavailable",
};

function encode({ status, body, location }: HttpResponse): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(body));
  const head = [
    `HTTP/1.1 ${status} ${reasons[status] ?? "Error"}`,
    "Content-Type: application/json",
    "Cache-Control: no-store",
    `Content-Length: ${json.length}`,
    ...status === 405 ? ["Allow: GET"] : [],
    ...location === undefined ? [] : [`Location: ${location}`, "Referrer-Policy: no-referrer"],
    "Connection: close",
  ].join("\r\n");
  const bytes = new TextEncoder().encode(head + "\r\n\r\n");
  const whole = new Uint8Array(bytes.length + json.length);
  whole.set(bytes);
  whole.set(json, bytes.length);
  return whole;
}
