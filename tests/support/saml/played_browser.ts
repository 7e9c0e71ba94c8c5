/**
 * A fake browser: records athm's commands; the test provides its messages.
 *
 * @module
 */

import type { ChildEnd } from "../../../src/system/children.ts";
import type { BrowserSpec, DrivenBrowser } from "../../../src/system/devtools.ts";

/** A command from athm. */
export interface Command {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly sessionId?: string;
}

/** A browser as athm sees it, and athm's commands to it. */
export class Played implements DrivenBrowser {
  readonly commands: Command[] = [];
  readonly #waiting: (string | undefined)[] = [];
  readonly #ended = Promise.withResolvers<ChildEnd>();
  #wake = () => {};
  closed = false;
  /** What a look at its pages finds; a page that is busy does not answer. */
  shows: "field" | "button" | "nothing" | "busy" = "nothing";
  readonly spec: BrowserSpec;
  readonly ended = this.#ended.promise;
  readonly #reacts: (browser: Played, command: Command) => void;

  constructor(spec: BrowserSpec, reacts: (browser: Played, command: Command) => void) {
    this.spec = spec;
    this.#reacts = reacts;
  }

  send(message: string): void {
    const command = JSON.parse(message) as Command;
    this.commands.push(command);
    const isLook = command.method === "Runtime.evaluate";
    const result = isLook ? { result: { type: "string", value: this.shows } } : {};
    if (!isLook || this.shows !== "busy") this.raw(JSON.stringify({ id: command.id, result }));
    this.#reacts(this, command);
  }

  raw(message: string | undefined): void {
    this.#waiting.push(message);
    this.#wake();
  }

  event(method: string, params: object, sessionId?: string): void {
    this.raw(JSON.stringify({ method, params, ...sessionId ? { sessionId } : {} }));
  }

  end(end: ChildEnd = { kind: "exit", code: 0 }): void {
    this.raw(undefined);
    this.#ended.resolve(end);
  }

  get messages(): AsyncIterable<string> {
    return this.#messages();
  }

  async *#messages(): AsyncGenerator<string> {
    for (;;) {
      if (!this.#waiting.length) await new Promise<void>((wake) => void (this.#wake = wake));
      const next = this.#waiting.shift();
      if (next === undefined) return;
      yield next;
    }
  }

  close(): Promise<void> {
    this.closed = true;
    this.end();
    return Promise.resolve();
  }

  methods(): string[] {
    return this.commands.map(({ method }) => method);
  }
}

/** A page or a frame appears. */
export const page = (sessionId: string, type = "page") =>
  [
    "Target.attachedToTarget",
    { sessionId, targetInfo: { type, targetId: sessionId }, waitingForDebugger: true },
  ] as const;

/** A page is about to send a request. */
export const post = (requestId: string, to: string, body: string, method = "POST") =>
  [
    "Fetch.requestPaused",
    {
      requestId,
      request: { url: to, method, postDataEntries: [{ bytes: btoa(body) }], postData: body },
    },
    "S1",
  ] as const;

export const saml = "https://signin.aws.amazon.com/saml";

/** A browser with one page, which does `then` when navigated to the provider. */
export const withPage =
  (then: (browser: Played) => void) => (browser: Played, command: Command) => {
    if (command.method === "Target.setAutoAttach" && !command.sessionId) {
      browser.event(...page("S1"));
    }
    if (command.method === "Page.navigate") then(browser);
    if (command.method === "Browser.close") browser.end();
  };
