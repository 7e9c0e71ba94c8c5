import type { ChildEnd } from "./children.ts";

export interface DrivenBrowser {
  /** Sends a JSON message; dropped once the browser has gone, when `messages` ends. */
  send(message: string): void;
  /** Messages from the browser until it ends. */
  readonly messages: AsyncIterable<string>;
  readonly ended: Promise<ChildEnd>;
  /** Ends the browser, killing it after a few seconds. */
  close(): Promise<void>;
}

export interface BrowserSpec {
  readonly command: string;
  /** Without those for the connection and the profile folder. */
  readonly args: readonly string[];
  readonly profile: string;
}

export interface BrowserDriver {
  /** @throws {Failure} `command-not-found`, `command-not-executable`, `source` */
  start(spec: BrowserSpec): Promise<DrivenBrowser>;
}

/** Maximum bytes of a message: pages are not transferred. */
const longestMessage = 32 * 1024 * 1024;

/** Splits a byte stream into texts terminated by zero bytes. */
export async function* zeroEnded(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let rest = chunk;
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      yield decoded([...parts, rest.subarray(0, end)]);
      [parts, length] = [[], 0];
      rest = rest.subarray(end + 1);
    }
    length += rest.length;
    if (length > longestMessage) return;
    if (rest.length) parts.push(rest);
  }
}

function decoded(parts: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
}
