import type { DrivenBrowser } from "../../system/devtools.ts";

/** Values of the DevTools protocol. */
export type Params = Readonly<Record<string, unknown>>;

/** Something that happened in the browser, in one of its pages or frames. */
export interface DevToolsEvent {
  readonly method: string;
  readonly params: Params;
  /** The page or frame; absent for the browser's own. */
  readonly sessionId?: string | undefined;
}

/** The DevTools protocol over a browser that athm started. */
export interface DevTools {
  /**
   * One command and its result; empty when the browser refuses it or goes away, as pages do at any
   * moment: who needs to know looks at what happens.
   */
  send(method: string, params?: Params, sessionId?: string): Promise<Params>;
  /** Resolves when the browser is gone. */
  readonly gone: Promise<void>;
}

/**
 * Begins to listen; `tell` is called with every event, in order.
 * https://chromedevtools.github.io/devtools-protocol/
 */
export function connectDevTools(
  browser: Pick<DrivenBrowser, "send" | "messages">,
  tell: (event: DevToolsEvent) => void,
): DevTools {
  const waiting = new Map<number, (result: Params) => void>();
  let last = 0;
  let isGone = false;

  async function listen(): Promise<void> {
    for await (const text of browser.messages) {
      const message = parsed(text);
      if (!message) continue;
      const { id, method, params, result, sessionId } = message;
      if (typeof id === "number") {
        waiting.get(id)?.(isParams(result) ? result : {});
        waiting.delete(id);
      } else if (typeof method === "string") {
        tell({
          method,
          params: isParams(params) ? params : {},
          sessionId: typeof sessionId === "string" ? sessionId : undefined,
        });
      }
    }
  }

  const gone = listen().catch(() => {}).then(() => {
    isGone = true;
    for (const resolve of waiting.values()) resolve({});
    waiting.clear();
  });

  return {
    send(method, params = {}, sessionId) {
      if (isGone) return Promise.resolve({});
      const id = ++last;
      const answer = new Promise<Params>((resolve) => void waiting.set(id, resolve));
      browser.send(JSON.stringify({ id, method, params, ...sessionId ? { sessionId } : {} }));
      return answer;
    },
    gone,
  };
}

function parsed(text: string): Params | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return isParams(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

export function isParams(value: unknown): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text below the path of names, or nothing. */
export function textIn(params: Params, ...path: readonly string[]): string | undefined {
  const value = path.reduce<unknown>((at, name) => isParams(at) ? at[name] : undefined, params);
  return typeof value === "string" ? value : undefined;
}
