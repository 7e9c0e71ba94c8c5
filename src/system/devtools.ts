import type { ChildEnd } from "./children.ts";

/** A browser that athm starts and drives by the DevTools protocol. */
export interface DrivenBrowser {
  /** Sends a message: JSON. What can no longer be sent is dropped: `messages` ends then. */
  send(message: string): void;
  /** What the browser sends, until it goes away. */
  readonly messages: AsyncIterable<string>;
  readonly ended: Promise<ChildEnd>;
  /** Lets go of it, which ends it; what does not end in a few seconds is killed. */
  close(): Promise<void>;
}

export interface BrowserSpec {
  readonly command: string;
  /** Without those of the connection and of the profile's folder. */
  readonly args: readonly string[];
  /** The folder of the browser's own profile. */
  readonly profile: string;
}

export interface BrowserDriver {
  /** @throws {Failure} `command-not-found`, `command-not-executable`, `source` when it does not answer. */
  start(spec: BrowserSpec): Promise<DrivenBrowser>;
}

/** Most bytes of one message: pages are not transferred. */
const longestMessage = 32 * 1024 * 1024;

/** Cuts a stream of bytes into the texts that zero bytes end. */
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
